// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import java.time.Clock;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** One run of the tool: its console, its environment, and whether it was interrupted. Thread-safe. */
public final class Invocation {

    private final Console console;
    private final Map<String, String> environment;
    private final Sinks.Empty<Void> interruption = Sinks.empty();
    private final Clock clock;
    private volatile boolean interrupted;

    /**
     * A run.
     *
     * @param console what it prints to
     * @param environment the variables it may read
     */
    Invocation(Console console, Map<String, String> environment) {
        this(console, environment, Clock.systemUTC());
    }

    /**
     * A run at another time.
     *
     * @param console what it prints to
     * @param environment the variables it may read
     * @param clock what it takes for this machine's clock
     */
    Invocation(Console console, Map<String, String> environment, Clock clock) {
        this.console = console;
        this.environment = Map.copyOf(environment);
        this.clock = clock;
    }

    /**
     * This machine's clock.
     *
     * @return the clock
     */
    public Clock clock() {
        return clock;
    }

    /**
     * What it prints to.
     *
     * @return the console
     */
    public Console console() {
        return console;
    }

    /**
     * The variables it may read.
     *
     * @return names and values
     */
    public Map<String, String> environment() {
        return environment;
    }

    /**
     * Ctrl-C or SIGTERM: what runs should close what it opened and end.
     *
     * @return completes when it happens, at once if it has happened
     */
    public Mono<Void> interruption() {
        return interruption.asMono();
    }

    /**
     * Whether {@link #interruption()} has happened.
     *
     * @return true if the process is to end
     */
    public boolean isInterrupted() {
        return interrupted;
    }

    /** Asks what runs to end. */
    void interrupt() {
        interrupted = true;
        interruption.tryEmitEmpty();
    }

    /**
     * Connects, works and closes. Blocks. An interruption cancels the work, and closes.
     *
     * @param options how to connect
     * @param work what to do
     * @param <R> the result
     * @return the result; null if there is none, or if it was interrupted
     */
    public <R> @Nullable R withDatastore(DatastoreOptions options, Function<Datastore, Mono<R>> work) {
        return connected(options, datastore -> work.apply(datastore).takeUntilOther(interruption()));
    }

    private static <R> @Nullable R connected(DatastoreOptions options, Function<Datastore, Mono<R>> work) {
        return Mono.usingWhen(Datastore.connect(options), work, Datastore::close)
                .block();
    }

    /**
     * As {@link #withDatastore}, with change streams.
     *
     * @param options how to connect
     * @param work what to do
     * @param <R> the result
     * @return the result; null if there is none, or if it was interrupted
     */
    public <R> @Nullable R withStreams(DatastoreOptions options, BiFunction<Datastore, ChangeStreams, Mono<R>> work) {
        // Only the work is interrupted: the streams store their positions before the datastore is closed.
        return connected(
                options,
                datastore -> Mono.usingWhen(
                        Mono.fromSupplier(() -> ChangeStreams.of(datastore)),
                        streams -> work.apply(datastore, streams).takeUntilOther(interruption()),
                        ChangeStreams::close));
    }

    /**
     * The exit code of work that ran to its end, or was interrupted.
     *
     * @param done the code if it ran to its end
     * @return that, or {@link ExitCode#INTERRUPTED}
     */
    public int ended(int done) {
        return interrupted ? ExitCode.INTERRUPTED : done;
    }
}
