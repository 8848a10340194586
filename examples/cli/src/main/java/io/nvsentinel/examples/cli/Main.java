// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.examples.cli.command.ClientsCommand;
import io.nvsentinel.examples.cli.command.DeadLettersCommand;
import io.nvsentinel.examples.cli.command.LagCommand;
import io.nvsentinel.examples.cli.command.RetentionCommand;
import io.nvsentinel.examples.cli.command.SchemaCommand;
import io.nvsentinel.examples.cli.doctor.Doctor;
import io.nvsentinel.examples.cli.importing.ImportMongo;
import io.nvsentinel.examples.cli.watch.WatchCommand;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.TimeZone;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.TypeConversionException;

/** The program; see its {@code --help}. */
@Command(
        name = "nvsentinel",
        description = "Administers NVSentinel's datastore in PostgreSQL.",
        scope = ScopeType.INHERIT,
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            Doctor.class,
            SchemaCommand.class,
            ClientsCommand.class,
            DeadLettersCommand.class,
            LagCommand.class,
            RetentionCommand.class,
            WatchCommand.class,
            ImportMongo.class
        },
        usageHelpAutoWidth = true,
        sortOptions = false,
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:success",
            "1:success, but a problem was found",
            "2:invalid command line or configuration",
            "3:the database is unavailable; retrying later may help",
            "4:the library or the database rejected the operation",
            "5:the connection was lost during a commit; the outcome is unknown",
            "70:a bug in this tool",
            "130:stopped by Ctrl-C, after everything was closed; by SIGTERM: 143"
        })
public final class Main {

    private static final long CLOSING_SECONDS = 10;

    private final Invocation invocation;

    @Option(
            names = "--verbose",
            scope = ScopeType.INHERIT,
            description = "Print the library's log and the stack trace of an error.")
    private boolean verbose;

    Main(Invocation invocation) {
        this.invocation = invocation;
    }

    /**
     * Runs the tool and ends the JVM with its exit code.
     *
     * @param arguments the command line
     */
    public static void main(String... arguments) {
        // The JDBC driver asks the server for this zone, whose name the server need not know.
        TimeZone.setDefault(TimeZone.getTimeZone(ZoneOffset.UTC));
        Map<String, String> environment = System.getenv();
        Invocation invocation = new Invocation(Console.system(environment), environment);
        CountDownLatch ended = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(invocation, ended), "nvsentinel-exit"));
        int exitCode = new Main(invocation).run(arguments);
        ended.countDown();
        System.exit(exitCode);
    }

    /** Ctrl-C, which comes on another thread; at an ordinary end there is nothing left to close. */
    private static void close(Invocation invocation, CountDownLatch ended) {
        invocation.interrupt();
        try {
            if (!ended.await(CLOSING_SECONDS, TimeUnit.SECONDS)) {
                invocation.console().say("nvsentinel: exiting without closing, after " + CLOSING_SECONDS + " s");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Runs one command line.
     *
     * @param arguments the command line
     * @return the exit code
     */
    int run(String... arguments) {
        Console console = invocation.console();
        Failures failures = new Failures(invocation, () -> verbose);
        return commandLine()
                .setOut(new PrintWriter(console.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(console.err(), true, StandardCharsets.UTF_8))
                .setColorScheme(CommandLine.Help.defaultColorScheme(console.hasColours() ? Ansi.ON : Ansi.OFF))
                .setParameterExceptionHandler(failures)
                .setExecutionExceptionHandler(failures)
                .setExecutionStrategy(this::execute)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .registerConverter(SslMode.class, Main::sslMode)
                .registerConverter(Duration.class, Times::duration)
                .execute(arguments);
    }

    /** Configures every command. */
    CommandLine commandLine() {
        return new CommandLine(this, new CommandFactory(invocation));
    }

    private int execute(CommandLine.ParseResult arguments) {
        if (verbose) {
            Logs.showEverything();
        }
        return new CommandLine.RunLast().execute(arguments);
    }

    private static SslMode sslMode(String text) {
        try {
            return SslMode.parse(text);
        } catch (TlsException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }

    /** The version as the build wrote it into the jar. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String built = Main.class.getPackage().getImplementationVersion();
            return new String[] {"nvsentinel " + (built == null ? "(not built)" : built)};
        }
    }
}
