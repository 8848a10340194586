// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.testserver.Await;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A run of the tool on a separate thread, for commands that run until they are interrupted. */
public final class LiveRun {

    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Invocation invocation;
    private final CompletableFuture<Integer> exitCode;
    private final ByteArrayOutputStream out;

    private LiveRun(
            Map<String, String> environment, ByteArrayOutputStream kept, OutputStream out, String... arguments) {
        this.out = kept;
        Console console = new Console(
                InputStream.nullInputStream(),
                new PrintStream(out, false, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false);
        this.invocation = new Invocation(console, environment);
        this.exitCode = new CompletableFuture<>();
        Thread thread = new Thread(() -> exitCode.complete(new Main(invocation).run(arguments)), "live-run");
        thread.setDaemon(true);
        thread.start();
    }

    public static LiveRun start(Map<String, String> environment, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        return new LiveRun(environment, out, out, arguments);
    }

    /** With an output that fails, like a pipe whose reader has closed it. */
    public static LiveRun intoBrokenPipe(Map<String, String> environment, String... arguments) {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        return new LiveRun(environment, new ByteArrayOutputStream(), broken, arguments);
    }

    public List<String> out() {
        return out.toString(StandardCharsets.UTF_8).lines().toList();
    }

    public List<String> err() {
        return err.toString(StandardCharsets.UTF_8).lines().toList();
    }

    public LiveRun awaitLines(int count) {
        Await.until(
                "the tool has printed " + count + " lines", Databases.SOON, this::out, lines -> lines.size() >= count);
        return this;
    }

    public LiveRun awaitTalk(String text) {
        Await.until(
                "the tool has said " + text,
                Databases.SOON,
                this::err,
                lines -> lines.stream().anyMatch(line -> line.contains(text)));
        return this;
    }

    /** As Ctrl-C does. */
    public int interrupt() {
        invocation.interrupt();
        return exitCode();
    }

    public int exitCode() {
        try {
            return exitCode.get(Databases.SOON.toSeconds(), TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError("the tool has not ended; it said " + err(), e);
        }
    }
}
