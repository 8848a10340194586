// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.ChangeEventFormat;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.io.IOException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Debezium's embedded engine: logical decoding with pgoutput, of the one table. */
public final class Debezium implements ChangePeer {

    /** How the report calls it as it comes. */
    public static final String DEFAULT = "Debezium, default";

    /** How the report calls it with the shortest poll interval. */
    public static final String FASTEST = "Debezium, poll.interval.ms=1";

    /** The publication that a database needs, and that it makes itself otherwise. */
    public static final String PUBLICATION = "CREATE PUBLICATION benchmark FOR TABLE health_events";

    private static final Duration WAIT = Duration.ofMinutes(1);

    private final DebeziumEngine<?> engine;
    private final ExecutorService thread;

    private Debezium(DebeziumEngine<?> engine, ExecutorService thread) {
        this.engine = engine;
        this.thread = thread;
    }

    /**
     * How it is set up.
     *
     * @return in words
     */
    public static String setUp() {
        return "the asynchronous embedded engine, pgoutput, no snapshot, a publication of the one "
                + "table, change events as"
                + " Connect records (no serialisation), offsets in memory; default otherwise, and once more with"
                + " poll.interval.ms=1 (default 500), max.batch.size=8192 and max.queue.size=32768 "
                + "(default 2048 and 8192)";
    }

    /**
     * Starts.
     *
     * @param database with a publication
     * @param slot the replication slot: created if it does not exist; dropped at the end
     * @param fastest whether to use the shortest poll interval instead of the default
     * @param arrivals notified of each change
     * @return the running peer
     * @throws InterruptedException if interrupted
     */
    public static Debezium start(Database database, String slot, boolean fastest, Arrivals arrivals)
            throws InterruptedException {
        CountDownLatch streaming = new CountDownLatch(1);
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        DebeziumEngine<?> engine = DebeziumEngine.create(ChangeEventFormat.of(Connect.class))
                .using(properties(database, slot, fastest))
                .using(new DebeziumEngine.ConnectorCallback() {
                    @Override
                    public void pollingStarted() {
                        streaming.countDown();
                    }
                })
                .using((success, message, error) -> failure.set(error))
                .notifying(change -> arrivals.arrived())
                .build();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        thread.execute(engine);
        Debezium running = new Debezium(engine, thread);
        if (!streaming.await(WAIT.toMillis(), TimeUnit.MILLISECONDS) || !running.awaitSlot(database, slot)) {
            running.close();
            throw new IllegalStateException("Debezium does not start", failure.get());
        }
        return running;
    }

    /** Polling starts before streaming does. */
    private boolean awaitSlot(Database database, String slot) throws InterruptedException {
        long end = System.nanoTime() + WAIT.toNanos();
        while (System.nanoTime() < end) {
            if (database.number("SELECT count(*) FROM pg_replication_slots WHERE active AND slot_name = '" + slot + "'")
                    == 1) {
                return true;
            }
            Thread.sleep(20);
        }
        return false;
    }

    private static Properties properties(Database database, String slot, boolean fastest) {
        Properties properties = new Properties();
        properties.setProperty("name", slot);
        properties.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        properties.setProperty("offset.storage", "org.apache.kafka.connect.storage.MemoryOffsetBackingStore");
        properties.setProperty("topic.prefix", slot);
        properties.setProperty("database.hostname", database.host());
        properties.setProperty("database.port", Integer.toString(database.port()));
        properties.setProperty("database.dbname", database.name());
        properties.setProperty("database.user", database.user());
        properties.setProperty("database.password", database.password() == null ? "" : database.password());
        properties.setProperty("database.sslmode", "disable");
        properties.setProperty("plugin.name", "pgoutput");
        properties.setProperty("slot.name", slot);
        properties.setProperty("slot.drop.on.stop", "true");
        properties.setProperty("publication.name", "benchmark");
        properties.setProperty("publication.autocreate.mode", "disabled");
        properties.setProperty("table.include.list", "public.health_events");
        properties.setProperty("snapshot.mode", "no_data");
        if (fastest) {
            properties.setProperty("poll.interval.ms", "1");
            properties.setProperty("max.batch.size", "8192");
            properties.setProperty("max.queue.size", "32768");
        }
        return properties;
    }

    @Override
    public void close() {
        try {
            engine.close();
            thread.shutdown();
            if (!thread.awaitTermination(WAIT.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("Debezium does not end");
            }
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException("Debezium does not end", e);
        }
    }
}
