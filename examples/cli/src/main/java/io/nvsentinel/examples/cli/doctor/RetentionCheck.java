// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.examples.cli.Times;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether the retention runs: the oldest change is not much older than the retention keeps it. */
final class RetentionCheck implements Check {

    /** How late a run may be: jobs run daily at the least. */
    private static final Duration TOLERANCE = Duration.ofDays(1);

    private static final String OLDEST = """
            SELECT greatest(0, floor(extract(epoch FROM clock_timestamp() - changed_at)))::bigint,
                id <= coalesce((SELECT min(position) FROM {schema}.resume_tokens), id)
            FROM {schema}.datastore_changelog
            WHERE id >= (SELECT oldest_id FROM {schema}.datastore_changelog_state)
            ORDER BY id LIMIT 1""";

    @Override
    public String name() {
        return "retention";
    }

    @Override
    public Need need() {
        return Need.TABLES;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        List<List<@Nullable String>> rows =
                Sql.rows(patient.connection(), Sql.in(patient.options().schema(), OLDEST));
        if (rows.isEmpty()) {
            patient.ok("the changelog is empty", Map.of());
            return;
        }
        Duration age =
                Duration.ofSeconds(Long.parseLong(String.valueOf(rows.get(0).get(0))));
        boolean acknowledged = "t".equals(rows.get(0).get(1));
        tell(patient, age, acknowledged);
    }

    private static void tell(Patient patient, Duration age, boolean acknowledged) {
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("oldestSeconds", age.toSeconds());
        facts.put("acknowledged", acknowledged);
        Duration kept =
                acknowledged ? patient.limits().keep() : patient.limits().maxAge();
        String what =
                acknowledged ? "the oldest change that every client has acknowledged is " : "the oldest change is ";
        if (age.compareTo(kept.plus(TOLERANCE)) > 0) {
            patient.warn(
                    "overdue: " + what + Times.text(age) + " old; retention should keep it for " + Times.text(kept),
                    "call retention().runPeriodically() in one service, or schedule nvsentinel retention run daily",
                    facts);
        } else {
            patient.ok("the oldest change is " + Times.text(age) + " old", facts);
        }
    }
}
