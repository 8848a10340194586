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
            SELECT pg_is_in_recovery(), current_setting('default_transaction_read_only'),
                current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
                (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')""";

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
                    "a primary, but default_transaction_read_only is on: writes are refused",
                    "turn it off for the server, the database or the role",
                    facts);
        } else {
            patient.ok("a primary that accepts writes", facts);
        }
        connections(
                patient, Integer.parseInt(String.valueOf(row.get(2))), Integer.parseInt(String.valueOf(row.get(3))));
    }

    private static void connections(Patient patient, int most, int used) {
        int pool = patient.options().maxConnections();
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("max", most);
        facts.put("used", used);
        facts.put("poolMax", pool);
        String text = used + " of " + most + " connections are in use; a pool may take " + pool + " and one to listen";
        if (most - used < pool + 1) {
            patient.warn(text, "lower DATASTORE_MAX_CONNECTIONS or raise max_connections on the server", facts);
        } else {
            patient.ok(text, facts);
        }
    }
}
