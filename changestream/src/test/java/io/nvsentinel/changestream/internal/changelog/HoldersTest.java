// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.Databases;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.testserver.PostgresDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Every transaction that has drawn an id and not ended is among the holders in every query of the locks: the proof
 * depends on it.
 */
@Tag("essential")
class HoldersTest {

    private static final int WRITERS = 4;
    private static final int FOUND = 200;
    private static final Duration SOON = Duration.ofSeconds(30);

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private final Set<Long> holding = ConcurrentHashMap.newKeySet();
    private Datastore datastore;
    private ChangelogReader reader;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        reader = new ChangelogReader(((DefaultDatastore) datastore).connections(), 1, 1, 1);
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    /**
     * PREPARE TRANSACTION transfers the session's locks to the prepared transaction in several steps. If locks are
     * grouped by process, a query in between finds the two locks of a holder separately; this test detects that within
     * seconds.
     */
    @Test
    @Timeout(300)
    void aTransactionIsAHolderWhileItIsBeingPrepared() throws Exception {
        AtomicBoolean looking = new AtomicBoolean(true);
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                String name = "holder-" + i;
                writers.add(threads.submit(() -> prepareWhile(looking, name)));
            }
            try {
                for (int found = 0; found < FOUND && writers.stream().noneMatch(Future::isDone); ) {
                    found += look();
                }
            } finally {
                looking.set(false);
            }
            for (Future<?> writer : writers) {
                writer.get(SOON.toSeconds(), TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(reader.holders().block(SOON))
                .as("holders when all have ended")
                .isEmpty();
    }

    private Void prepareWhile(AtomicBoolean looking, String name) throws SQLException {
        try (Connection connection = DATABASE.connect();
                Statement statement = connection.createStatement()) {
            while (looking.get()) {
                long transaction = begin(statement);
                holding.add(transaction);
                statement.execute("PREPARE TRANSACTION '" + name + "'");
                holding.remove(transaction);
                statement.execute((transaction % 2 == 0 ? "COMMIT" : "ROLLBACK") + " PREPARED '" + name + "'");
            }
        }
        return null;
    }

    private static long begin(Statement statement) throws SQLException {
        statement.execute("BEGIN");
        statement.execute("SET CONSTRAINTS ALL IMMEDIATE");
        statement.execute("INSERT INTO health_events (data) VALUES ('{}')");
        try (ResultSet id = statement.executeQuery("SELECT pg_current_xact_id()::text")) {
            id.next();
            return id.getLong(1);
        }
    }

    /** How many there were from before the look until after it. */
    private int look() {
        Set<Long> before = Set.copyOf(holding);
        Set<Long> holders = Objects.requireNonNull(reader.holders().block(SOON));
        List<Long> throughout = before.stream().filter(holding::contains).toList();
        assertThat(holders).as("transactions that have drawn an id").containsAll(throughout);
        return throughout.size();
    }
}
