// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.server;

import java.util.List;

/** What happens to a change of the health events. The table and its indexes are the same. */
public enum Capture {
    /** As the library sets it up. */
    LIBRARY(List.of()),

    /** Nothing: a table without triggers for capture. */
    NONE(List.of(
            "ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture",
            "ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture_truncate")),

    /** As it is often done by hand: the same changelog row, and a NOTIFY in every transaction. */
    NOTIFY(List.of("ALTER TABLE health_events DISABLE TRIGGER nvsentinel_capture", """
            CREATE FUNCTION benchmark_notify() RETURNS trigger LANGUAGE plpgsql AS $body$
            BEGIN
                INSERT INTO datastore_changelog (table_name, record_id, operation, new_values)
                VALUES (TG_TABLE_NAME, NEW.id, TG_OP, NEW.data);
                PERFORM pg_notify('benchmark_changes', '');
                RETURN NULL;
            END
            $body$""", """
            CREATE TRIGGER benchmark_notify AFTER INSERT ON health_events
            FOR EACH ROW EXECUTE FUNCTION benchmark_notify()"""));

    private final List<String> statements;

    Capture(List<String> statements) {
        this.statements = statements;
    }

    void applyTo(Database database) {
        database.execute(statements.toArray(String[]::new));
    }
}
