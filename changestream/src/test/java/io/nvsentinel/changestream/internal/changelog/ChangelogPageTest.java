// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.Databases;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How many changes a page has: no more than fill its bytes, and fewer where as many as usual did not come in time. */
@Tag("essential")
class ChangelogPageTest {

    private static final int ROWS = 64;
    private static final int BYTES = 64 << 10;
    private static final Duration SOON = Duration.ofSeconds(30);

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private final Selection everything = new Selection(Filter.all(), Map.of(), FieldMap.GENERIC);
    private Datastore datastore;
    private ChangelogReader reader;

    @BeforeEach
    void open() {
        datastore = Datastore.connect(Databases.options(DATABASE.get())
                        .maxConnections(1)
                        .lockTimeout(Duration.ofMillis(50))
                        .build())
                .block(SOON);
        reader = new ChangelogReader(((DefaultDatastore) datastore).connections(), ROWS, BYTES, 1L << 24);
        DATABASE.execute("SET nvsentinel.retention = 'on'; TRUNCATE datastore_changelog");
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void aPageEndsWithTheChangeThatFillsItsBytesAndLosesNone() {
        insert(100, 10);
        insert(5, BYTES / 2);
        insert(100, 10);

        long position = firstId() - 1;
        int read = 0;
        for (ChangelogPage page = page(position); !page.rows().isEmpty(); page = page(position)) {
            assertThat(page.bytes()).isLessThan(BYTES + BYTES / 2 + 100);
            for (ChangelogRow row : page.rows()) {
                assertThat(row.id()).as("no hole between pages").isEqualTo(position + 1);
                position = row.id();
                read++;
            }
        }

        assertThat(read).isEqualTo(205);
    }

    @Test
    void asksForFewerWhileChangesAreLargeAndForAllAgainAfterwards() {
        insert(2, BYTES);
        insert(2 * ROWS, 10);
        long before = firstId() - 1;

        assertThat(page(before).rows()).hasSize(1);
        assertThat(page(before + 1).rows()).hasSize(1);
        assertThat(page(before + 2).rows()).hasSize(1);
        assertThat(page(before + 3).rows()).hasSize(ROWS);
    }

    @Test
    void asksForFewerAfterAPageThatDidNotCome() throws Exception {
        insert(2 * ROWS, 10);
        long before = firstId() - 1;
        try (Connection other = DATABASE.connect();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE datastore_changelog IN ACCESS EXCLUSIVE MODE");

            assertThatThrownBy(() -> page(before)).isInstanceOf(DatastoreException.class);
            other.rollback();
        }

        assertThat(page(before).rows()).hasSize(ROWS / 8);
        assertThat(page(before).rows()).hasSize(ROWS);
    }

    private ChangelogPage page(long after) {
        return Objects.requireNonNull(
                reader.settled(ChangelogRows.point(after), ChangelogRows.point(Long.MAX_VALUE), everything)
                        .block(SOON));
    }

    private static long firstId() {
        return Long.parseLong(DATABASE.queryForString("SELECT min(id) FROM datastore_changelog"));
    }

    /** Text that does not compress. */
    private static void insert(int count, int bytes) {
        DATABASE.execute("INSERT INTO datastore_changelog (table_name, record_id, operation, new_values)"
                + " SELECT 'things', gen_random_uuid(), 'INSERT', jsonb_build_object('text', rpad('', " + bytes
                + ", md5(number::text))) FROM generate_series(1, " + count + ") AS numbers (number)");
    }
}
