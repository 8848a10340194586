// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.internal.Printable;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The program: {@code ./mvnw -q -Pquickstart}, with options in {@code -Dquickstart.args="--follow"}. */
@Command(
        name = "quickstart",
        description = {
            "Stores health events in PostgreSQL over mutual TLS and streams every change.",
            "Starts its own server, unless --url or DATASTORE_HOST (with the other DATASTORE_* variables) names one."
        },
        mixinStandardHelpOptions = true,
        version = "NVSentinel datastore quick start 0.1.0-SNAPSHOT",
        footer = "Exit code 0: every change arrived exactly once. 1: a change was lost or duplicated, "
                + "or a step failed. 2: invalid options.")
public final class Quickstart implements Callable<Integer> {

    private static final int FAILED = 1;
    private static final int WRONG_OPTIONS = 2;
    private static final Duration FOLLOW_CHECK = Duration.ofSeconds(5);

    private final Map<String, String> environment;
    private final Terminal terminal;
    private final PrintStream err;
    private final Closer closer = new Closer();

    @Option(
            names = "--url",
            paramLabel = "URL",
            description =
                    "Your own server: postgresql://user:password@host:port/database[?sslmode=...&sslrootcert=...]."
                            + " The quick start stores events of nodes named quickstart-... and "
                            + "deletes them at the end.")
    private @Nullable String url;

    @Option(names = "--follow", description = "Continue to print changes after the summary, until Ctrl-C.")
    private boolean follow;

    @Option(names = "--verbose", description = "Print warnings and the stack trace of an error.")
    private boolean verbose;

    Quickstart(Map<String, String> environment, Terminal terminal, PrintStream err) {
        this.environment = environment;
        this.terminal = terminal;
        this.err = err;
    }

    /**
     * Runs the program and ends the JVM, Maven's too, with its exit code.
     *
     * @param arguments the options
     */
    public static void main(String... arguments) {
        Terminal terminal = new Terminal(System.out, CommandLine.Help.Ansi.AUTO.enabled());
        Quickstart quickstart = new Quickstart(System.getenv(), terminal, System.err);
        Runtime.getRuntime().addShutdownHook(new Thread(quickstart::interrupted, "quickstart-exit"));
        System.exit(quickstart.run(arguments));
    }

    int run(String... arguments) {
        return new CommandLine(this)
                .setParameterExceptionHandler((error, ignored) -> {
                    err.println("quickstart: " + firstLine(error) + " (--help lists the options)");
                    return WRONG_OPTIONS;
                })
                .execute(arguments);
    }

    @Override
    public Integer call() {
        if (verbose || follow) {
            showWarnings();
        }
        try (closer) {
            return tell();
        } catch (RuntimeException e) {
            if (!closer.isInterrupted()) {
                report(e);
            }
            return FAILED;
        }
    }

    private int tell() {
        Target target = target();
        Ledger ledger = new Ledger();
        Datastore datastore = connect(target);
        if (!target.embedded()) {
            closer.open(() -> ledger, all -> tidy(target, all));
        }
        Subscriber subscriber = new Walkthrough(datastore, target, terminal, ledger).run(closer);
        if (!follow) {
            subscriber.stop();
        }
        Summary summary = ledger.summary();
        summarise(summary);
        if (follow) {
            terminal.title("Following; press Ctrl-C to stop");
            follow(subscriber, datastore, target);
        }
        return summary.isGood() ? 0 : FAILED;
    }

    /** What the library waits out, as a server that restarts; otherwise this program's one line of error is enough. */
    private static void showWarnings() {
        if (LoggerFactory.getLogger("io.nvsentinel") instanceof Logger logger) {
            logger.setLevel(Level.WARN);
        }
    }

    private Target target() {
        Target named = Target.named(url, environment);
        if (named != null) {
            return named;
        }
        terminal.title("Start PostgreSQL with TLS and mandatory client certificates (cert clientcert=verify-full)");
        return SecureServer.start(terminal, closer);
    }

    private Datastore connect(Target target) {
        terminal.title(
                "Connect to " + target.address() + " as " + target.options().username());
        Datastore datastore = closer.open(
                () -> Wait.result("connecting", Datastore.connect(target.options())),
                opened -> Wait.until("closing the connections", opened.close()));
        terminal.detail(
                target.embedded()
                        ? "No password: TLS verify-full, authenticated by the client certificate. The "
                                + "schema is up to date."
                        : "The schema is up to date.");
        return datastore;
    }

    private void follow(Subscriber subscriber, Datastore datastore, Target target) {
        while (!subscriber.hasEnded(FOLLOW_CHECK)) {
            // An external server may become available again, and the stream then continues; this one will not.
            if (target.embedded()) {
                Wait.until("checking that the server is available", datastore.ping());
            }
        }
    }

    private void summarise(Summary summary) {
        terminal.title("Summary");
        Terminal.Colour colour = summary.isGood() ? Terminal.Colour.GREEN : Terminal.Colour.RED;
        terminal.detail(terminal.paint(colour, summary.text()));
    }

    private void tidy(Target target, Ledger ledger) {
        int deleted = OwnServer.tidy(target, ledger.records());
        terminal.detail("Deleted the " + deleted + " events of this run");
    }

    /** Ctrl-C; at an ordinary end everything is closed already. */
    private void interrupted() {
        if (!closer.isClosed()) {
            try {
                closer.interrupt();
                terminal.detail("Closed");
            } catch (RuntimeException e) {
                report(e);
            }
        }
    }

    private void report(RuntimeException error) {
        err.println("quickstart: " + Printable.line(firstLine(error)));
        if (verbose) {
            StringWriter trace = new StringWriter();
            error.printStackTrace(new PrintWriter(trace, true));
            // The causes' messages may be the server's.
            trace.toString().lines().forEach(line -> err.println(Printable.line(line.replace("\t", "    "))));
        }
    }

    private static String firstLine(Throwable error) {
        String message = error.getMessage();
        return message == null || message.isBlank()
                ? error.getClass().getSimpleName()
                : message.lines().findFirst().orElseThrow();
    }
}
