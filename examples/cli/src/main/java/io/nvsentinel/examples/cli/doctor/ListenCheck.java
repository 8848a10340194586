// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import java.util.Objects;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Whether a notification reaches a session that listens, on the path that the library takes for it ({@code directHost} if there
 * is one): not through a pooler that gives each transaction another session of
 * the server. Change streams then find changes by polling.
 */
final class ListenCheck implements Check {

    private static final int MILLIS = 3_000;
    private static final String SESSION = "SELECT pg_backend_pid()";

    @Override
    public String name() {
        return "listen";
    }

    @Override
    public Need need() {
        return Need.LOGIN;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        Login direct = patient.direct();
        if (direct == null) {
            patient.unchecked("needs a connection to directHost, on which the library listens");
            return;
        }
        try (Connection listening = direct.connect();
                Connection notifying = patient.login().connect()) {
            String session = Sql.one(listening, SESSION).get(0);
            String channel = "nvsentinel_doctor_" + session;
            execute(listening, "LISTEN " + channel);
            notifying.setAutoCommit(false);
            execute(notifying, "NOTIFY " + channel);
            // Meanwhile the other's transaction holds a session of the server: a pooler has to show another one.
            boolean same = Objects.equals(Sql.one(listening, SESSION).get(0), session);
            notifying.commit();
            PGNotification[] heard = listening.unwrap(PGConnection.class).getNotifications(MILLIS);
            tell(patient, same, heard != null && heard.length > 0);
        }
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private static void tell(Patient patient, boolean same, boolean heard) {
        Map<String, Object> facts = Map.of("works", same && heard, "sameSession", same, "notified", heard);
        if (same && heard) {
            patient.ok("LISTEN works: writers notify change streams", facts);
            return;
        }
        patient.warn(
                (same
                                ? "no notification came within " + MILLIS + " ms"
                                : "a pooler assigns each transaction to another session")
                        + ": change streams find changes by polling, every "
                        + patient.options().pollInterval().toMillis() + " ms",
                patient.options().directHost() == null
                        ? "let change streams bypass the pooler: set DATASTORE_DIRECT_HOST to the "
                                + "server itself, or use session pooling"
                        : "directHost must name the server itself, not a pooler in transaction mode",
                facts);
    }
}
