// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.examples.cli.ConnectionArguments;
import io.nvsentinel.examples.cli.Invocation;
import io.nvsentinel.examples.cli.Secrets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The state of the checked datastore: connections of earlier checks and their findings. */
final class Patient implements AutoCloseable {

    private final Invocation invocation;
    private final ConnectionArguments arguments;
    private final Limits limits;
    private final Consumer<Finding> listener;
    private final List<Finding> findings = new ArrayList<>();
    private @Nullable DatastoreOptions options;
    private @Nullable Login login;
    private @Nullable Login direct;
    private @Nullable Connection connection;
    private boolean tables;
    private String current = "";

    /**
     * From when on something is worth a warning.
     *
     * @param days a certificate's days left
     * @param lag how far a client may be behind
     * @param keep for how long the retention keeps acknowledged changes
     * @param maxAge for how long the retention keeps any change
     */
    record Limits(long days, Duration lag, Duration keep, Duration maxAge) {}

    Patient(Invocation invocation, ConnectionArguments arguments, Limits limits, Consumer<Finding> listener) {
        this.invocation = invocation;
        this.arguments = arguments;
        this.limits = limits;
        this.listener = listener;
    }

    Invocation invocation() {
        return invocation;
    }

    ConnectionArguments arguments() {
        return arguments;
    }

    Limits limits() {
        return limits;
    }

    boolean has(Check.Need need) {
        return switch (need) {
            case NOTHING -> true;
            case OPTIONS -> options != null;
            case LOGIN -> connection != null;
            case TABLES -> tables;
        };
    }

    DatastoreOptions options() {
        return Objects.requireNonNull(options, "options");
    }

    void configured(DatastoreOptions found) {
        options = found;
    }

    /** Whether a server of a path accepted a connection. */
    boolean isReachable(ServerPath path) {
        return findings.stream()
                .anyMatch(finding -> finding.check().equals("network")
                        && finding.verdict() == Finding.Verdict.OK
                        && path.option().equals(finding.facts().get("path")));
    }

    Login login() {
        return Objects.requireNonNull(login, "login");
    }

    void loggedIn(Login with, Connection opened) {
        login = with;
        connection = opened;
    }

    /** Logs in to the server for dedicated sessions; null if that failed. */
    @Nullable
    Login direct() {
        return options().directHost() == null ? login : direct;
    }

    boolean isLoggedIn(Login with) {
        return login == with || direct == with;
    }

    void loggedInDirectly(Login with) {
        direct = with;
    }

    Connection connection() {
        return Objects.requireNonNull(connection, "connection");
    }

    void hasTables() {
        tables = true;
    }

    /** Which check the findings that follow are of. */
    void examining(String check) {
        current = check;
    }

    void ok(String text, Map<String, @Nullable Object> facts) {
        add(Finding.Verdict.OK, text, null, facts);
    }

    void warn(String text, String cure, Map<String, @Nullable Object> facts) {
        add(Finding.Verdict.WARNING, text, cure, facts);
    }

    void fail(String text, @Nullable String cure, Map<String, @Nullable Object> facts) {
        add(Finding.Verdict.FAILED, text, cure, facts);
    }

    void unchecked(String text) {
        add(Finding.Verdict.UNCHECKED, text, null, Map.of());
    }

    private void add(Finding.Verdict verdict, String text, @Nullable String cure, Map<String, @Nullable Object> facts) {
        Finding finding = new Finding(current, verdict, Secrets.masked(text), cure, facts);
        findings.add(finding);
        listener.accept(finding);
    }

    List<Finding> findings() {
        return findings;
    }

    @Override
    public void close() throws SQLException {
        if (connection != null) {
            connection.close();
        }
        if (login != null) {
            login.close();
        }
        if (direct != null) {
            direct.close();
        }
    }
}
