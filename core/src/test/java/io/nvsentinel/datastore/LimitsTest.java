// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.datastore.aggregation.Accumulator;
import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.LimitExceededException;
import io.nvsentinel.datastore.model.Csp;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresDatabase;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** What is written can be read again: what could not is refused, with its field and its limit. */
@Tag("essential")
class LimitsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final BigDecimal LARGEST =
            new BigDecimal(BigInteger.TEN.pow(1000).subtract(BigInteger.ONE));

    private Datastore datastore;
    private DocumentCollection<Map<String, Object>> things;

    @BeforeEach
    void open() {
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        datastore.createCollection("things").block(SOON);
        things = datastore.collection("things", DocumentCodec.ofTrees());
        DATABASE.execute("TRUNCATE things, health_events, maintenance_events");
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    private static void assertExceeded(Mono<?> write, String field, long limit, String message) {
        assertThatExceptionOfType(LimitExceededException.class)
                .isThrownBy(() -> write.block(SOON))
                .withMessageContaining(message)
                .satisfies(e -> {
                    assertThat(e.field()).isEqualTo(field);
                    assertThat(e.limit()).isEqualTo(limit);
                    assertThat(e.isDeterministic()).isTrue();
                });
    }

    private Map<String, Object> read(UUID id) {
        return things.findById(id).block(SOON).document();
    }

    @Test
    void incDoesNotMakeANumberThatCannotBeRead() {
        UUID id = things.insert(Map.of("a", Map.of("b.c", LARGEST))).block(SOON);
        assertExceeded(
                things.updateById(id, Update.inc("a.b\\.c", 1)),
                "a.b\\.c",
                1000,
                "inc makes a number of more than 1000 digits at a.b\\.c");
        things.updateById(id, Update.inc("a.b\\.c", -1)).block(SOON);
        assertThat(read(id))
                .isEqualTo(Map.of("a", Map.of("b.c", LARGEST.toBigInteger().subtract(BigInteger.ONE))));

        UUID small = things.insert(Map.of("a", new BigDecimal("1e-999"))).block(SOON);
        assertExceeded(things.updateById(small, Update.inc("a", 10)), "a", 1000, "inc makes a number");
        assertThat(read(small)).isEqualTo(Map.of("a", new BigDecimal("1e-999")));
    }

    @Test
    void noUpdateStoresANumberOfMoreDigitsThanAreRead() {
        BigDecimal both = new BigDecimal("1".repeat(600) + "." + "1".repeat(600));
        for (UnaryOperator<Update> each : List.<UnaryOperator<Update>>of(
                none -> Update.set("a", both),
                none -> Update.push("a", both),
                none -> Update.addToSet("a", Map.of("b", both)),
                none -> Update.inc("a", both))) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> each.apply(Update.unset("a")))
                    .withMessageContaining("1000 digits");
        }
        UUID id = things.insert(Map.of()).block(SOON);
        things.updateById(id, Update.set("a", new BigDecimal("1".repeat(500) + "." + "1".repeat(500))))
                .block(SOON);
        assertThat(read(id)).containsKey("a");
    }

    @Test
    void renameDoesNotMakeADocumentThatCannotBeRead() {
        UUID id = things.insert(Map.of("deep", nested(498))).block(SOON);
        things.updateById(id, Update.rename("deep", "a.deep")).block(SOON);
        assertThat(read(id)).containsKey("a");
        assertExceeded(
                things.updateById(id, Update.rename("a.deep", "x.y.z")),
                "x.y.z",
                500,
                "rename makes a document of more than 500 levels at x.y.z");
        assertThat(read(id)).containsKey("a");
    }

    /** The old spelling of a node's name lies higher than the new one. */
    @Test
    void adoptingAnOldSpellingDoesNotMakeADocumentThatCannotBeRead() {
        DATABASE.execute(
                "INSERT INTO health_events (data) SELECT jsonb_build_object('nodeName', (" + array(499) + ")::jsonb)");
        assertExceeded(
                datastore.healthEvents().updateMany(Filter.all(), Update.push("healthevent.nodeName", 1)),
                "healthevent.nodeName",
                500,
                "more than 500 levels");
    }

    /** A number of seven bytes on the wire takes a thousand characters when it is read. */
    @Test
    void pushDoesNotMakeADocumentThatCannotBeRead() {
        DATABASE.execute("INSERT INTO things (data) SELECT jsonb_build_object('a', jsonb_agg(1e999))"
                + " FROM generate_series(1, 16000)");
        assertExceeded(
                things.updateMany(Filter.all(), Update.push("a", Collections.nCopies(1_000, new BigDecimal("1e999")))),
                null,
                1 << 24,
                "the document's text has more than 16777216 bytes, the limit that maxDocumentBytes sets");
    }

    /** To the byte: {"a": "x"} is ten bytes as the server writes it. */
    @Test
    void aDocumentLargerThanTheOptionSaysIsRefusedHoweverItIsWritten() {
        for (int most : List.of(1024, 20_000_000)) {
            Datastore bounded = Databases.connect(
                    Databases.options(DATABASE.get()).maxConnections(1).maxDocumentBytes(most));
            DocumentCollection<Map<String, Object>> small = bounded.collection("things", DocumentCodec.ofTrees());
            Map<String, Object> fits = Map.of("a", "x".repeat(most - 9));
            Map<String, Object> tooLarge = Map.of("a", "x".repeat(most - 8));
            UUID id = small.insert(fits).block(SOON);
            String message = "more than " + most + " bytes";
            assertExceeded(small.insert(tooLarge), null, most, message);
            assertExceeded(small.replaceById(id, tooLarge), null, most, message);
            assertExceeded(small.updateById(id, Update.set("b", 1)), null, most, message);
            assertExceeded(small.upsert(Filter.eq("id", id), Update.set("b", 1)), null, most, message);
            assertThat(small.findById(id).block(SOON).document()).isEqualTo(fits);
            bounded.close().block(SOON);
        }
    }

    @Test
    void anAggregationDoesNotMakeANumberThatCannotBeRead() {
        things.insert(Map.of("a", new BigDecimal("1e600"), "b", LARGEST)).block(SOON);
        things.insert(Map.of("b", LARGEST)).block(SOON);
        Expression product = Expression.of(Operator.MULTIPLY, Expression.field("a"), Expression.field("a"));
        assertExceeded(
                things.aggregate(Aggregation.of(Stage.project(Map.of("p", product))))
                        .then(),
                null,
                1000,
                "multiply makes a number of more than 1000 digits");
        assertExceeded(
                things.aggregate(Aggregation.of(Stage.group(null, Map.of("s", Accumulator.sum(Expression.field("b"))))))
                        .then(),
                null,
                1000,
                "sum makes a number of more than 1000 digits");
        Expression back = Expression.of(Operator.DIVIDE, product, Expression.field("a"));
        assertThat(things.aggregate(
                                Aggregation.of(Stage.match(Filter.exists("a", true)), Stage.project(Map.of("p", back))))
                        .blockLast(SOON))
                .containsEntry("p", BigInteger.TEN.pow(600));
    }

    @Test
    void whatACodecMakesIsStoredOnlyIfItCanBeReadAsATree() {
        DocumentCollection<byte[]> raw = datastore.collection("things", DocumentCodec.ofBytes());
        String nines = "9".repeat(1000);
        for (String fits : List.of(
                "[".repeat(499) + "]".repeat(499),
                nines,
                "-" + nines,
                "0." + "9".repeat(999),
                "1e999",
                "-1E-999",
                "\"" + nines + "9e9999[[[\"")) {
            UUID id = raw.insert(("{\"a\":" + fits + "}").getBytes(UTF_8)).block(SOON);
            assertThat(things.findById(id).block(SOON)).isNotNull();
            raw.replaceById(id, ("{\"b\": " + fits + "}").getBytes(UTF_8)).block(SOON);
        }
        UUID id = raw.insert("{}".getBytes(UTF_8)).block(SOON);
        assertNeverSent(raw, id, "[".repeat(500) + "]".repeat(500), 500, "deeper at its byte 505");
        assertNeverSent(raw, id, "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000), 500, "deeper at its byte");
        for (String tooLong : List.of(
                nines + "9",
                "-" + nines + "9",
                "0." + nines,
                "1e1000",
                "1e999999999",
                "1e-1000",
                nines + "e1",
                nines + "9e-1000",
                "9".repeat(1_000_000))) {
            assertNeverSent(raw, id, tooLong, 1000, "the one at its byte 6 has more");
        }
    }

    private static void assertNeverSent(
            DocumentCollection<byte[]> raw, UUID id, String value, long limit, String message) {
        byte[] document = ("{\"a\":" + value + "}").getBytes(UTF_8);
        for (Mono<?> write : List.<Mono<?>>of(
                raw.insert(document),
                raw.insertMany(List.of("{}".getBytes(UTF_8), document)),
                raw.replaceById(id, document),
                raw.replaceById(id, 1, document))) {
            assertExceeded(write, null, limit, message);
        }
    }

    @Test
    void anAggregationDoesNotMakeADocumentThatCannotBeRead() {
        things.insert(Map.of("deep", nested(499))).block(SOON);
        Map<String, Accumulator> all = Map.of("all", Accumulator.push(Expression.field("deep")));
        assertExceeded(
                things.aggregate(Aggregation.of(Stage.group(null, all))).then(),
                null,
                500,
                "the aggregation makes a document of more than 500 levels");
    }

    @Test
    void anIndexedFieldThatIsTooLongIsRefusedByItsName() {
        HealthEventStore health = datastore.healthEvents();
        assertLength(
                "healthevent.nodeName",
                2000,
                text -> health.insert(
                        document(HealthEvent.builder().nodeName(text).build())));
        assertLength(
                "healthevent.metadata.idempotencyKey",
                2000,
                text -> health.insert(document(HealthEvent.builder()
                        .metadata(Map.of("idempotencyKey", text))
                        .build())));
        assertLength(
                "healtheventstatus.userpodsevictionstatus.status",
                2000,
                text -> health.updateMany(
                        Filter.all(), Update.set("healtheventstatus.userpodsevictionstatus.status", text)));
        MaintenanceEventStore maintenance = datastore.maintenanceEvents();
        assertLength(
                "eventId",
                2000,
                text -> maintenance.upsert(event().eventId(text).build()));
        assertLength(
                "nodeName",
                2000,
                text -> maintenance.upsert(event().nodeName(text).build()));
        assertLength(
                "csp",
                1000,
                text -> maintenance.upsert(
                        event().csp(new Csp(text)).clusterName(random(1000)).build()));
        assertLength(
                "clusterName",
                1000,
                text -> maintenance.upsert(
                        event().csp(new Csp(random(1000))).clusterName(text).build()));
    }

    private static void assertLength(String field, int limit, Function<String, Mono<?>> write) {
        write.apply(random(limit)).block(SOON);
        assertExceeded(
                write.apply(random(limit + 1)),
                field,
                limit,
                field + " is too long for its index: at most " + limit + " bytes of UTF-8");
    }

    private static HealthEventDocument document(HealthEvent event) {
        return HealthEventDocument.of(Instant.EPOCH, event);
    }

    private static MaintenanceEvent.Builder event() {
        return MaintenanceEvent.builder().eventId("e");
    }

    @Test
    void aValueTooLongForAnIndexOfTheApplicationsOwnNamesTheIndex() {
        DATABASE.execute("CREATE INDEX IF NOT EXISTS things_by_x ON things ((data ->> 'x'))");
        assertThatExceptionOfType(LimitExceededException.class)
                .isThrownBy(() -> things.insert(Map.of("x", random(3000))).block(SOON))
                .withMessageContaining(
                        "a value is too long for the index things_by_x that contains it: at most 2704 bytes")
                .satisfies(e -> assertThat(e.constraint()).isEqualTo("things_by_x"))
                .satisfies(e -> assertThat(e.limit()).isEqualTo(2704));
    }

    @Test
    void aMaintenanceEventWithoutIdIsRefusedHoweverItIsWritten() {
        MaintenanceEventStore store = datastore.maintenanceEvents();
        MaintenanceEvent none = MaintenanceEvent.builder().build();
        UUID id = store.insert(event().build()).block(SOON);
        DocumentCollection<byte[]> raw = datastore.collection("maintenance_events", DocumentCodec.ofBytes());
        for (Mono<?> write : List.<Mono<?>>of(
                store.upsert(none),
                store.insert(none),
                store.insertMany(List.of(none)),
                store.replaceById(id, none),
                store.updateById(id, Update.set("eventId", "")),
                store.updateById(id, Update.unset("eventId")),
                raw.insert("{}".getBytes()),
                raw.insert("{\"eventId\":\"\"}".getBytes()))) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> write.block(SOON))
                    .withMessageContaining("a maintenance event requires an eventId");
        }
    }

    /** Text that PostgreSQL cannot compress. */
    private static String random(int length) {
        Random random = new Random(length);
        return random.ints(length, '!', '~')
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** So many objects, one in another. */
    private static Map<String, Object> nested(int levels) {
        Map<String, Object> tree = new HashMap<>();
        for (int i = 1; i < levels; i++) {
            tree = new HashMap<>(Map.of("a", tree));
        }
        return tree;
    }

    private static String array(int levels) {
        return "repeat('[', " + levels + ") || repeat(']', " + levels + ")";
    }
}
