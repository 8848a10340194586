// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.examples.cli.JdbcSource;
import io.nvsentinel.tls.TlsException;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether the server lets the user in, and how it sees the connection. */
final class LoginCheck implements Check {

    private static final String SEEN = """
            SELECT current_user, current_setting('server_version'), s.ssl, s.version, s.cipher, s.client_dn
            FROM pg_stat_ssl AS s WHERE s.pid = pg_backend_pid()""";

    private static final String SILENT =
            "the port accepts connections but does not answer: check that it is PostgreSQL and that "
                    + "it is not stopped or overloaded, and check firewalls and service meshes in between";

    @Override
    public String name() {
        return "login";
    }

    @Override
    public Need need() {
        return Need.OPTIONS;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        for (ServerPath path : ServerPath.of(patient.options())) {
            Login login = open(patient.options(), path);
            if (login == null) {
                patient.unchecked(path.prefix() + "a login needs certificates that can be used");
            } else {
                logIn(patient, path, login);
            }
        }
    }

    private static void logIn(Patient patient, ServerPath path, Login login) throws SQLException {
        long start = System.nanoTime();
        try {
            Connection connection = login.connect();
            if (path.isDirect()) {
                patient.loggedInDirectly(login);
                try (connection) {
                    seen(patient, path, connection);
                }
            } else {
                patient.loggedIn(login, connection);
                seen(patient, path, connection);
            }
        } catch (SQLException e) {
            if (patient.isLoggedIn(login)) {
                throw e;
            }
            login.close();
            // The driver's error for it is like others, but in its text.
            Duration taken = Duration.ofNanos(System.nanoTime() - start);
            refused(
                    patient,
                    path,
                    e,
                    taken.toSeconds() >= JdbcSource.seconds(patient.options().connectTimeout()));
        }
    }

    private static @Nullable Login open(DatastoreOptions options, ServerPath path) {
        try {
            return new Login(options, path.servers());
        } catch (TlsException e) {
            // The check of certificates has said so.
            return null;
        }
    }

    private static void refused(Patient patient, ServerPath path, SQLException error, boolean timedOut) {
        String state = error.getSQLState();
        boolean answered = state != null && !state.startsWith("08");
        String cure = timedOut && patient.isReachable(path) ? SILENT : "see network and certificates above";
        patient.fail(path.prefix() + Failed.text(error), answered ? Failed.cure(error) : cure, Failed.facts(error));
    }

    private static void seen(Patient patient, ServerPath path, Connection connection) throws SQLException {
        List<@Nullable String> row = Sql.one(connection, SEEN);
        boolean encrypted = "t".equals(row.get(2));
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("path", path.option());
        facts.put("user", row.get(0));
        facts.put("serverVersion", row.get(1));
        facts.put("encrypted", encrypted);
        facts.put("tlsVersion", row.get(3));
        facts.put("cipher", row.get(4));
        facts.put("clientDn", row.get(5));
        patient.ok(
                path.prefix() + "as " + row.get(0) + " to " + patient.options().database() + " on PostgreSQL "
                        + row.get(1) + ", "
                        + (encrypted ? row.get(3) + " with " + row.get(4) : "in plain text")
                        + (row.get(5) == null ? "" : ", client certificate " + row.get(5)),
                facts);
    }
}
