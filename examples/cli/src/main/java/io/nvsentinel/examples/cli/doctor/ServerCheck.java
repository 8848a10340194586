// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What kind of server it is, and how many connections it has left. */
final class ServerCheck implements Check {

    private static final String KIND = """
            SELECT pg_is_in_recovery(), current_setting('transaction_read_only'),
                current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
                current_setting('server_encoding')""";

    @Override
    public String name() {
        return "server";
    }

    @Override
    public Need need() {
        return Need.LOGIN;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        List<@Nullable String> row = Sql.one(patient.connection(), KIND);
        boolean standby = "t".equals(row.get(0));
        boolean readOnly = "on".equals(row.get(1));
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("standby", standby);
        facts.put("readOnly", readOnly);
        if (standby) {
            patient.fail(
                    "a standby: it accepts no writes, and change streams cannot read from it",
                    "connect to the primary, or name all servers in DATASTORE_HOST",
                    facts);
        } else if (readOnly) {
            patient.fail(
                    "a primary, but its transactions are read-only (default_transaction_read_only is on): writes fail",
                    "turn it off in the server, the database, the role or extraParams",
                    facts);
        } else {
            patient.ok("a primary that accepts writes", facts);
        }
        encoding(patient, String.valueOf(row.get(4)));
        connections(
                patient, Integer.parseInt(String.valueOf(row.get(2))), Integer.parseInt(String.valueOf(row.get(3))));
    }

    /** Other encodings cannot store every document, and SQL_ASCII compares bytes: regular expressions match wrongly. */
    private static void encoding(Patient patient, String encoding) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("encoding", encoding);
        if (encoding.equals("UTF8")) {
            patient.ok("the database's encoding is UTF8", facts);
        } else {
            patient.fail(
                    "the database's encoding is " + encoding + "; documents require UTF8",
                    "CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and move the data with pg_dump",
                    facts);
        }
    }

    private static void connections(Patient patient, int most, int used) {
        int pool = patient.options().maxConnections();
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("max", most);
        facts.put("used", used);
        facts.put("poolMax", pool);
        String text = used + " of " + most + " connections are in use; a pool may open " + pool
                + " and one for notifications";
        if (most - used < pool + 1) {
            patient.warn(text, "lower DATASTORE_MAX_CONNECTIONS or raise max_connections on the server", facts);
        } else {
            patient.ok(text, facts);
        }
    }
}
