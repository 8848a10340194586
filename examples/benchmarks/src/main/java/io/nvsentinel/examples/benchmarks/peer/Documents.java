// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.model.Entity;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.RecommendedAction;
import io.nvsentinel.examples.benchmarks.server.Database;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The rows that all peers store and read: health events as a GPU monitor reports them, numbered. */
public final class Documents {

    /** How many nodes the events come from. */
    public static final int NODES = 5_000;

    private static final DocumentCodec<HealthEventDocument> CODEC = HealthEventDocument.codec(JsonCodec.jackson3());
    private static final Instant FIRST = Instant.parse("2026-10-01T00:00:00Z");
    private static final int BATCH = 5_000;

    private Documents() {}

    /**
     * An event.
     *
     * @param number returned by {@link #number}
     * @return the document
     */
    public static HealthEventDocument document(long number) {
        Instant time = FIRST.plusSeconds(number);
        HealthEvent event = HealthEvent.builder()
                .version(1)
                .id(Long.toString(number))
                .agent("gpu-health-monitor")
                .componentClass("GPU")
                .checkName("GpuXidError")
                .isFatal(number % 4 == 0)
                .message("XID error 79: GPU has fallen off the bus. This is a critical error and needs "
                        + "a reboot of the node.")
                .recommendedAction(RecommendedAction.COMPONENT_RESET)
                .errorCode(List.of("79"))
                .entitiesImpacted(List.of(
                        new Entity("GPU", Long.toString(number % 8)),
                        new Entity("PCI", "0000:0" + number % 8 + ":00.0")))
                .metadata(Map.of("driver", "570.86.15", "cluster", "benchmark"))
                .generatedTimestamp(time)
                .nodeName(node(number % NODES))
                .build();
        return HealthEventDocument.of(time, event);
    }

    /**
     * A node.
     *
     * @param number below {@link #NODES}
     * @return its name
     */
    public static String node(long number) {
        return "gpu-node-" + number;
    }

    /**
     * The number of an event.
     *
     * @param document the document
     * @return the number it was made with
     */
    public static long number(HealthEventDocument document) {
        return Long.parseLong(document.event().id());
    }

    /**
     * Events as objects.
     *
     * @param first the first one's number
     * @param count how many
     * @return the documents
     */
    public static List<HealthEventDocument> documents(long first, int count) {
        return IntStream.range(0, count).mapToObj(i -> document(first + i)).toList();
    }

    /**
     * The same events as JSON.
     *
     * @param documents the documents
     * @return UTF-8
     */
    public static List<byte[]> json(List<HealthEventDocument> documents) {
        return documents.stream().map(CODEC::encode).toList();
    }

    /**
     * One event as JSON.
     *
     * @param number its number
     * @return text
     */
    public static String text(long number) {
        return new String(CODEC.encode(document(number)), StandardCharsets.UTF_8);
    }

    /**
     * One event as an export of MongoDB has it: its time as {@code {"$date": …}}, and fields in their old spelling.
     *
     * @param number its number
     * @return text
     */
    public static String extendedJson(long number) {
        return text(number)
                .replaceFirst("\"createdAt\":(\"[^\"]*\")", "\"createdAt\":{\"\\$date\":$1}")
                .replace("\"nodeName\"", "\"nodename\"")
                .replace("\"checkName\"", "\"checkname\"")
                .replace("\"componentClass\"", "\"componentclass\"")
                .replace("\"recommendedAction\"", "\"recommendedaction\"");
    }

    /**
     * Stores events without sending each: the server copies one with different numbers and nodes.
     *
     * @param database where
     * @param count how many
     */
    public static void fill(Database database, long count) {
        for (long first = 0; first < count; first += BATCH) {
            database.execute("INSERT INTO health_events (data) SELECT " + numbered() + " FROM generate_series(" + first
                    + ", " + (Math.min(first + BATCH, count) - 1) + ") AS numbers (number)");
        }
        database.execute("VACUUM ANALYZE health_events", "VACUUM ANALYZE datastore_changelog", "CHECKPOINT");
    }

    /**
     * Makes changes without the records that changed: rows of the changelog.
     *
     * @param database where
     * @param count how many rows there are afterwards
     */
    public static void fillChangelog(Database database, long count) {
        long present = database.number("SELECT count(*) FROM datastore_changelog");
        database.execute(
                "INSERT INTO datastore_changelog (table_name, record_id, operation, new_values)"
                        + " SELECT 'health_events', gen_random_uuid(), 'INSERT', " + numbered()
                        + " FROM generate_series(" + present + ", " + (count - 1) + ") AS numbers (number)",
                "VACUUM ANALYZE datastore_changelog",
                "CHECKPOINT");
    }

    private static String numbered() {
        return "'" + text(0).replace("'", "''") + "'::jsonb || jsonb_build_object('healthevent', '"
                + text(0).replace("'", "''") + "'::jsonb -> 'healthevent'"
                + " || jsonb_build_object('id', number::text, 'nodeName', 'gpu-node-' || number % " + NODES + "))";
    }
}
