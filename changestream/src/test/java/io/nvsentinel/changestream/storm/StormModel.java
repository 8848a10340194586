// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

import io.nvsentinel.testserver.TestDatabase;

/**
 * What was really written, noted apart from the changelog: triggers of the test count the changes of each record, under
 * its row lock and in the writing transaction.
 */
final class StormModel {

    private static final String SCHEMA = """
            CREATE SEQUENCE storm_stamp;
            CREATE TABLE storm_count (record uuid PRIMARY KEY, n bigint NOT NULL);
            CREATE TABLE storm_model (record uuid, n bigint, collection text, operation text, version bigint, stamp text);
            CREATE FUNCTION storm_stamp(data jsonb) RETURNS text IMMUTABLE LANGUAGE sql
                AS $$ SELECT coalesce(data #>> '{healthevent,nodeName}', data ->> 'nodeName') $$;
            CREATE FUNCTION storm_note(changed uuid, collection text, operation text, data jsonb) RETURNS void
                LANGUAGE sql AS $$
                WITH counted AS (
                    INSERT INTO storm_count VALUES (changed, 1)
                    ON CONFLICT (record) DO UPDATE SET n = storm_count.n + 1 RETURNING n)
                INSERT INTO storm_model
                SELECT changed, n, collection, operation, (data ->> 'version')::bigint, storm_stamp(data) FROM counted
                $$;
            CREATE FUNCTION storm_note() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF TG_OP = 'TRUNCATE' THEN
                        PERFORM storm_note(md5(TG_TABLE_NAME)::uuid, TG_TABLE_NAME, TG_OP, NULL);
                    ELSIF TG_OP = 'DELETE' THEN
                        PERFORM storm_note(OLD.id, TG_TABLE_NAME, TG_OP, OLD.data);
                    ELSE
                        PERFORM storm_note(NEW.id, TG_TABLE_NAME, TG_OP, NEW.data);
                    END IF;
                    RETURN NULL;
                END $$;
            CREATE PROCEDURE storm_twice(first text, second text) LANGUAGE plpgsql AS $$
                BEGIN
                    EXECUTE first;
                    COMMIT;
                    EXECUTE second;
                END $$;
            """;

    private static final String TRIGGERS = """
            CREATE TRIGGER storm_note AFTER INSERT OR UPDATE OR DELETE ON %1$s
                FOR EACH ROW EXECUTE FUNCTION storm_note();
            CREATE TRIGGER storm_note_truncate AFTER TRUNCATE ON %1$s
                FOR EACH STATEMENT EXECUTE FUNCTION storm_note();
            """;

    private StormModel() {}

    static void install(TestDatabase database) {
        database.execute(SCHEMA);
        database.execute(TRIGGERS.formatted("health_events"));
        database.execute(TRIGGERS.formatted("maintenance_events"));
    }
}
