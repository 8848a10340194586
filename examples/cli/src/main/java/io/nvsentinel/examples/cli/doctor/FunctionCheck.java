// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.Datastore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Whether the functions of the schema, which capture changes and guard the clients' positions, are those of the migrations. */
final class FunctionCheck implements Check {

    private static final String VERSION = "version";

    private static final String CURRENT = "SELECT version FROM {schema}.nvsentinel_schema_history"
            + " WHERE success AND version IS NOT NULL ORDER BY installed_rank DESC LIMIT 1";

    /** The body names the schema, which is another one in the file of digests. */
    private static final String FUNCTIONS = """
            SELECT proname || '(' || pg_get_function_identity_arguments(oid) || ')',
                md5(replace(prosrc, ?::text, '"public"')), oid::regprocedure, proowner::regrole
            FROM pg_proc WHERE pronamespace = ?::text::regnamespace AND starts_with(proname, 'nvsentinel_')""";

    private static final String CURE = "find out who changed it, and CREATE OR REPLACE it as docs/postgresql-schema.sql"
            + " has it, as the owner of the schema";

    @Override
    public String name() {
        return "functions";
    }

    @Override
    public Need need() {
        return Need.TABLES;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        Map<String, String> known = known();
        String version = known.remove(VERSION);
        String current = Sql.rows(patient.connection(), Sql.in(patient.options().schema(), CURRENT)).stream()
                .findFirst()
                .map(row -> row.get(0))
                .orElse(null);
        if (!Objects.equals(version, current)) {
            patient.unchecked("not compared: the schema has version " + current + ", and this tool knows " + version);
            return;
        }
        String schema = Sql.quoted(patient.options().schema());
        int wrong = 0;
        for (List<@Nullable String> row : Sql.rows(patient.connection(), FUNCTIONS, schema, schema)) {
            String digest = known.remove(row.get(0));
            if (!Objects.equals(digest, row.get(1))) {
                wrong++;
                wrong(patient, row, digest == null);
            }
        }
        for (String missing : known.keySet()) {
            wrong++;
            patient.fail("function " + missing + " is missing", CURE, Map.of("function", missing));
        }
        if (wrong == 0) {
            patient.ok("all are as the migrations made them", Map.of());
        }
    }

    private static void wrong(Patient patient, List<@Nullable String> row, boolean unknown) {
        String function = String.valueOf(row.get(2));
        Map<String, @Nullable Object> facts = Map.of("function", function, "owner", String.valueOf(row.get(3)));
        if (unknown) {
            patient.warn(
                    "function " + function + " of " + row.get(3) + " has a name as ours and is none",
                    "DROP FUNCTION " + function + ", or rename it",
                    facts);
        } else {
            patient.fail("function " + function + " is not as the migrations made it", CURE, facts);
        }
    }

    private static Map<String, String> known() {
        try (InputStream in = Objects.requireNonNull(Datastore.class.getResourceAsStream("functions.properties"))) {
            Properties properties = new Properties();
            properties.load(in);
            Map<String, String> known = new TreeMap<>();
            properties.forEach((name, digest) -> known.put(name.toString(), digest.toString()));
            return known;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
