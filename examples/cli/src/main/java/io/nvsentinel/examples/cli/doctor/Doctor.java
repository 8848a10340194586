// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.examples.cli.ConnectionArguments;
import io.nvsentinel.examples.cli.Console;
import io.nvsentinel.examples.cli.Cures;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.Json;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nvsentinel doctor}. */
@Command(
        name = "doctor",
        description = {
            "Checks configuration, network, certificates, database and change streams, and changes nothing.",
            "Prints one line for each check: ✓ passed, ! warning, ✗ failed, - not checked. The text "
                    + "after the arrow says how to correct the problem."
        },
        footer = {
            "",
            "Examples:",
            "  nvsentinel doctor",
            "  nvsentinel doctor --url postgresql://app@db.example.com/nvsentinel --certificates /etc/ssl/client-certs",
            "  nvsentinel doctor --json | jq '.findings[] | select(.verdict == \"failed\")'",
            "",
            "--json prints one object: verdict (ok, warning, failed), and findings, each with check, verdict (also"
                    + " unchecked), text, cure and facts.",
            "The exit code is 1 if a check has failed, with --strict even for a warning."
        })
public final class Doctor implements Callable<Integer> {

    private static final List<Check> CHECKS = List.of(
            new ConfigurationCheck(),
            new NetworkCheck(),
            new CertificateCheck(),
            new ServerCertificateCheck(),
            new LoginCheck(),
            new ServerCheck(),
            new DiskCheck(),
            new PoolerCheck(),
            new ClockCheck(),
            new ListenCheck(),
            new SchemaCheck(),
            new PrivilegeCheck(),
            new SafetyCheck(),
            new AssumptionCheck(),
            new FunctionCheck(),
            new CaptureCheck(),
            new GapCheck(),
            new StreamCheck(),
            new RetentionCheck());

    private final Invocation invocation;

    @Mixin
    private final ConnectionArguments connection;

    @Option(names = "--json", description = "Print one JSON object instead of lines.")
    private boolean json;

    @Option(names = "--strict", description = "Treat warnings as failures.")
    private boolean strict;

    @Option(
            names = "--warn-days",
            paramLabel = "DAYS",
            defaultValue = "14",
            description = "Warn if a certificate is valid for fewer days than this (default: ${DEFAULT-VALUE}).")
    private long warnDays;

    @Option(
            names = "--warn-lag",
            paramLabel = "TIME",
            defaultValue = "5m",
            description = "Warn if a client has more pending changes than this (default: ${DEFAULT-VALUE}).")
    private Duration warnLag = Duration.ZERO;

    @Option(
            names = "--keep",
            paramLabel = "TIME",
            defaultValue = "7d",
            description = "How long retention keeps changes that every client has acknowledged (default: "
                    + "${DEFAULT-VALUE}). Warn if such a change is more than one day older.")
    private Duration keep = Duration.ZERO;

    @Option(
            names = "--max-age",
            paramLabel = "TIME",
            defaultValue = "30d",
            description = "How long retention keeps any change (default: ${DEFAULT-VALUE}).")
    private Duration maxAge = Duration.ZERO;

    /**
     * The command.
     *
     * @param invocation the run
     */
    Doctor(Invocation invocation) {
        this.invocation = invocation;
        this.connection = new ConnectionArguments(invocation);
    }

    @Override
    public Integer call() throws SQLException {
        Patient.Limits limits = new Patient.Limits(warnDays, warnLag, keep, maxAge);
        try (Patient patient = new Patient(invocation, connection, limits, json ? finding -> {} : this::print)) {
            for (Check check : CHECKS) {
                if (!invocation.isInterrupted()) {
                    examine(check, patient);
                }
            }
            Finding.Verdict verdict = verdict(patient.findings());
            if (json) {
                invocation.console().line(Json.line(summary(verdict, patient.findings())));
            }
            boolean well = verdict == Finding.Verdict.OK || (verdict == Finding.Verdict.WARNING && !strict);
            return invocation.ended(well ? ExitCode.OK : ExitCode.FINDING);
        }
    }

    private static void examine(Check check, Patient patient) {
        patient.examining(check.name());
        if (!patient.has(check.need())) {
            patient.unchecked("not checked: needs " + check.need().text());
            return;
        }
        try {
            check.run(patient);
        } catch (SQLException e) {
            patient.fail(Failed.text(e), Failed.cure(e), Failed.facts(e));
        } catch (DatastoreException e) {
            patient.fail(String.valueOf(e.getMessage()), Cures.of(e), Map.of());
        }
    }

    private static Finding.Verdict verdict(List<Finding> findings) {
        Finding.Verdict worst = Finding.Verdict.OK;
        for (Finding finding : findings) {
            boolean known = finding.verdict() != Finding.Verdict.UNCHECKED;
            worst = known && finding.verdict().compareTo(worst) > 0 ? finding.verdict() : worst;
        }
        return worst;
    }

    private static Map<String, @Nullable Object> summary(Finding.Verdict verdict, List<Finding> findings) {
        Map<String, @Nullable Object> summary = new LinkedHashMap<>();
        summary.put("verdict", verdict.name().toLowerCase(Locale.ROOT));
        summary.put("findings", findings.stream().map(Finding::toMap).toList());
        return summary;
    }

    private void print(Finding finding) {
        Console console = invocation.console();
        Console.Colour colour = switch (finding.verdict()) {
            case OK -> Console.Colour.GREEN;
            case WARNING -> Console.Colour.YELLOW;
            case FAILED -> Console.Colour.RED;
            case UNCHECKED -> Console.Colour.GREY;
        };
        console.line(console.paint(colour, finding.verdict().sign()) + " "
                + String.format(Locale.ROOT, "%-13s", finding.check()) + " " + finding.text()
                + (finding.cure() == null ? "" : " → " + finding.cure()));
    }
}
