// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.SchemaStatus;
import io.nvsentinel.datastore.error.DatastoreException;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Which migrations the database has, and whether this library can work with them. */
final class SchemaCheck implements Check {

    /** Readable without privileges on the tables, so that the next check can name those that are missing. */
    private static final String HAS_TABLES =
            "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = ? AND tablename = 'datastore_changelog')";

    private static final String MIGRATE = "nvsentinel schema migrate, as the owner of the schema";

    @Override
    public String name() {
        return "schema";
    }

    @Override
    public Need need() {
        return Need.LOGIN;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        SchemaStatus status;
        try {
            status = Objects.requireNonNull(SchemaStatus.of(patient.options()).block());
        } catch (DatastoreException e) {
            if (!e.isRetryable() && hasTables(patient)) {
                patient.hasTables();
            }
            throw e;
        }
        Map<String, @Nullable Object> facts = facts(status);
        if (status.current() != null) {
            patient.hasTables();
        }
        if (!status.failed().isEmpty()) {
            patient.fail("migrations have failed: " + String.join(", ", status.failed()), MIGRATE, facts);
        } else if (status.current() == null) {
            patient.fail("schema " + patient.options().schema() + " contains no NVSentinel tables", MIGRATE, facts);
        } else if (!status.pending().isEmpty()) {
            patient.fail(
                    "version " + status.current() + ", " + status.pending().size() + " migrations are pending up to "
                            + status.needed(),
                    MIGRATE,
                    facts);
        } else {
            current(patient, status, facts);
        }
    }

    private static boolean hasTables(Patient patient) throws SQLException {
        String schema = patient.options().schema();
        return "t".equals(Sql.one(patient.connection(), HAS_TABLES, schema).get(0));
    }

    private static void current(Patient patient, SchemaStatus status, Map<String, @Nullable Object> facts) {
        // Besides the versions, this looks at the index that idempotent inserts need.
        validate(patient);
        if (status.unknown().isEmpty()) {
            patient.ok("version " + status.current() + ", nothing pending", facts);
        } else {
            patient.warn(
                    "version " + status.current() + " is newer than this tool supports (" + status.needed() + "): "
                            + String.join(", ", status.unknown()),
                    "use the tool of the release that migrated the schema",
                    facts);
        }
    }

    private static void validate(Patient patient) {
        try {
            patient.invocation().withDatastore(patient.arguments().options(SchemaMode.VALIDATE), Datastore::ping);
        } catch (DatastoreException e) {
            patient.fail(String.valueOf(e.getMessage()), MIGRATE, Map.of());
        }
    }

    private static Map<String, @Nullable Object> facts(SchemaStatus status) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("current", status.current());
        facts.put("needed", status.needed());
        facts.put("pending", status.pending());
        facts.put("unknown", status.unknown());
        facts.put("failed", status.failed());
        return facts;
    }
}
