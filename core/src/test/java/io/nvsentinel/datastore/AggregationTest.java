// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.aggregation.Accumulator;
import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.aggregation.Window;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.test.subscriber.TestSubscriber;
import tools.jackson.databind.json.JsonMapper;

/** The stages one by one, in both forms; {@link AggregationCorpusTest} has them in any combination. */
@Tag("surroundings")
@Tag("essential")
class AggregationTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    static final JsonMapper JSON = JsonMapper.builder().build();

    private Datastore datastore;
    private HealthEventStore store;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events");
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
        store = datastore.healthEvents();
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    /** A1, A2 */
    @Test
    void stagesAreCarriedOutInTheOrderWritten() {
        numbers(1, 2, 3, 4, 5);
        assertThat(results("[{'$match': {'x': {'$gte': 2}}}, {'$sort': {'x': -1}}, {'$limit': 2}, "
                        + "{'$project': {'x': 1}}]"))
                .isEqualTo("[{x=5}, {x=4}]");
        assertThat(results("[{'$limit': 2}, {'$sort': {'x': -1}}, {'$match': {'x': {'$gte': 2}}}, "
                        + "{'$project': {'x': 1}}]"))
                .isEqualTo("[{x=2}]");
        assertThat(results("[{'$skip': 1}, {'$limit': 3}, {'$skip': 1}, {'$limit': 1}, {'$project': {'x': 1}}]"))
                .isEqualTo("[{x=3}]");
        assertThat(results("[]")).startsWith("[{").contains("createdAt=");
    }

    /** A3 */
    @Test
    void groupsHaveOneResultForEachKey() {
        insert("{'k': 'b', 'x': 1}", "{'k': 'a', 'x': 2}", "{'k': 'b', 'x': 3.5}", "{'x': 4}", "{'k': null}");
        assertThat(results("[{'$group': {'_id': '$k', 'count': {'$sum': 1}, 'n': {'$count': {}}, 'sum': {'$sum': '$x'},"
                        + " 'all': {'$push': '$x'}, 'max': {'$max': '$x'}, 'avg': {'$avg': '$x'}}}]"))
                .isEqualTo("[{n=2, _id=null, all=[4], avg=4, max=4, sum=4, count=2},"
                        + " {n=1, _id=a, all=[2], avg=2, max=2, sum=2, count=1},"
                        + " {n=2, _id=b, all=[1, 3.5], avg=2.25, max=3.5, sum=4.5, count=2}]");
        assertThat(results("[{'$match': {'x': 99}}, {'$group': {'_id': null, 'n': {'$sum': 1}}}]"))
                .isEqualTo("[]");
        assertThat(results("[{'$sort': {'x': -1}}, {'$group': {'_id': null, 'first': {'$first': '$x'},"
                        + " 'last': {'$last': '$x'}, 'set': {'$addToSet': '$k'}, 'min': {'$min': '$x'}}},"
                        + " {'$project': {'first': 1, 'last': 1, 'set': 1, 'min': 1}}]"))
                .isEqualTo("[{min=1, set=[null, a, b], last=null, first=4}]");
    }

    /** A4, A5, A6: what the analyzer asks for. */
    @Test
    void windowsLookAtTheNeighbours() {
        numbers(3, 1, 2);
        assertThat(results("[{'$setWindowFields': {'sortBy': {'x': 1}, 'output': {"
                        + "'before': {'$push': '$x', 'window': {'documents': ['unbounded', -1]}},"
                        + "'sum': {'$sum': '$x', 'window': {'documents': ['unbounded', 'current']}},"
                        + "'max': {'$max': '$x', 'window': {'documents': ['unbounded', -1]}},"
                        + "'near': {'$sum': 1, 'window': {'documents': [-1, 1]}},"
                        + "'next': {'$first': '$x', 'window': {'documents': [1, 1]}}}}},"
                        + "{'$sort': {'x': 1}}, {'$project': {'x': 1, 'before': 1, 'sum': 1, "
                        + "'max': 1, 'near': 1, 'next': 1}}]"))
                .isEqualTo("[{x=1, max=null, sum=1, near=2, next=2, before=[]},"
                        + " {x=2, max=1, sum=3, near=3, next=3, before=[1]},"
                        + " {x=3, max=2, sum=6, near=2, next=null, before=[1, 2]}]");
        insert("{'k': 'b', 'x': 5}", "{'k': 'b', 'x': 6}");
        assertThat(results("[{'$setWindowFields': {'partitionBy': '$k', 'output': {'n': {'$count': {}}}}},"
                        + " {'$group': {'_id': '$k', 'n': {'$max': '$n'}}}]"))
                .isEqualTo("[{n=3, _id=null}, {n=2, _id=b}]");
        assertThat(results("[{'$setWindowFields': {'sortBy': {'x': 1}, 'output': {'all': {'$push': '$$ROOT',"
                        + " 'window': {'documents': ['unbounded', -1]}}}}}, {'$match': {'x': 2}},"
                        + " {'$project': {'n': {'$size': '$all'}, 'x': '$all'}}]"))
                .contains("n=1")
                .contains("createdAt");
    }

    /** A7 */
    @Test
    void addedFieldsCanBeMatched() {
        insert(
                "{'a': 10, 'b': 3, 'l': [false, true]}",
                "{'a': 10, 'b': 9, 'l': [true]}",
                "{'a': 1, 'b': 0, 'l': [0, false]}");
        assertThat(results("[{'$addFields': {'ok': {'$and': [{'$lte': [2, {'$subtract': ['$a', '$b']}]},"
                        + " {'$anyElementTrue': ['$l']}]}, 'severity': {'$subtract': ['$a', '$b']}}},"
                        + " {'$match': {'ok': true, 'severity': 7}}, {'$project': {'a': 1, 'b': 1, 'severity': 1}}]"))
                .isEqualTo("[{a=10, b=3, severity=7}]");
        assertThat(results("[{'$match': {'a': 10, '$expr': {'$gt': ['$a', {'$add': ['$b', 5]}]}}}, "
                        + "{'$project': {'b': 1}}]"))
                .isEqualTo("[{b=3}]");
    }

    /** The time limit that the reference's pipelines have: events of the last two minutes. */
    @Test
    void knowsTheServersTime() {
        DATABASE.execute(
                "INSERT INTO health_events (data) SELECT jsonb_build_object('x', n, 'healthevent', jsonb_build_object("
                        + "'generatedTimestamp', jsonb_build_object('seconds', extract(epoch FROM now())::bigint - n)))"
                        + " FROM unnest(ARRAY[10, 1000]) AS n");
        assertThat(results("[{'$match': {'$expr': {'$gte': ['$healthevent.generatedtimestamp.seconds',"
                        + " {'$subtract': [{'$divide': [{'$toLong': '$$NOW'}, 1000]}, 120]}]}}}, "
                        + "{'$project': {'x': 1}}]"))
                .isEqualTo("[{x=10}]");
    }

    /** A8, A9 */
    @Test
    void refusesOperandsThatMakeNoSense() {
        for (String stage : List.of(
                "{'$match': {'$expr': {'$and': []}}}",
                "{'$addFields': {'a': {'$lte': [1]}}}",
                "{'$addFields': {'a': {'$subtract': [1, 2, 3]}}}",
                "{'$addFields': {'a': {'$not': [1, 2]}}}",
                "{'$addFields': {}}",
                "{'$addFields': {'a': '$$unknown'}}",
                "{'$addFields': {'a': '$$NOW'}}",
                "{'$addFields': {'a': {'$pow': [1, 2]}}}",
                "{'$addFields': {'a': {'$add': 1, '$subtract': 2}}}",
                "{'$addFields': {'a': {'$filter': {'input': '$l'}}}}",
                "{'$addFields': {'a': {'$filter': {'input': '$l', 'cond': true, 'limit': 1}}}}",
                "{'$addFields': {'a..b': 1}}",
                "{'$addFields': {'$a': 1}}",
                "{'$project': {'$a': 1}}",
                "{'$setWindowFields': {'output': {'$sum': {'$sum': 1}}}}",
                "{'$lookup': {}}",
                "{'$match': {}, '$limit': 1}",
                "{}",
                "{'$match': {'a': {'$near': 1}}}",
                "{'$sort': {'a': 2}}",
                "{'$sort': {}}",
                "{'$limit': 0}",
                "{'$limit': 1.5}",
                "{'$skip': -1}",
                "{'$count': ''}",
                "{'$count': 'a.b'}",
                "{'$count': '$a'}",
                "{'$group': {'n': {'$sum': 1}}}",
                "{'$group': {'_id': null, 'n': {'$median': 1}}}",
                "{'$group': {'_id': null, 'n': {'$sum': 1, '$max': 1}}}",
                "{'$group': {'_id': null, 'n': 1}}",
                "{'$project': {'a': 0}}",
                "{'$unwind': 'a'}",
                "{'$unwind': {'path': '$a', 'includeArrayIndex': 'i'}}",
                "{'$setWindowFields': {'output': {'a': {'$addToSet': '$x'}}}}",
                "{'$setWindowFields': {'output': {'a': {'$sum': 1, 'window': {'range': [-1, 1]}}}}}",
                "{'$setWindowFields': {'output': {'a': {'$sum': 1, 'window': {'documents': [1, -1]}}}}}",
                "{'$setWindowFields': {'output': {'a': {'$sum': 1, 'window': {'documents': [-9999999, 1]}}}}}",
                "{'$setWindowFields': {'by': 1}}")) {
            assertThatThrownBy(() -> Aggregation.parse(pipeline("[{'$limit': 1}, " + stage + "]")))
                    .as(stage)
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("stage 2: ");
        }
        assertThatThrownBy(() -> Expression.of(Operator.LTE, Expression.literal(1)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("lte takes 2 operands, not 1");
        assertThatThrownBy(() -> {
                    Expression deep = Expression.literal(true);
                    for (int i = 0; i < 40; i++) {
                        deep = Expression.of(Operator.NOT, deep);
                    }
                })
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("nested deeper");
        assertThatThrownBy(() -> new Aggregation(Collections.nCopies(101, Stage.limit(1)), 1))
                .isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> Aggregation.of().maxResults(0)).isInstanceOf(InvalidRequestException.class);
        // Found when it is used: there is no element outside of filter and map.
        assertThatThrownBy(() -> run(Stage.where(Expression.element("")))).isInstanceOf(InvalidRequestException.class);
    }

    /** No value of the caller is part of the statement. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {"it's", "\"", "$1", "\\", "a.b", "'; DROP TABLE health_events; --", "?", "ä😀"})
    void survivesHostileNamesAndValues(String hostile) {
        store.updateMany(Filter.all(), Update.set("x", 1)).block(SOON);
        DATABASE.queryForString(
                "INSERT INTO health_events (data) VALUES (jsonb_build_object('v', CAST(? AS text), CAST(? AS text),"
                        + " jsonb_build_object(CAST(? AS text), 1), 'l', jsonb_build_array(CAST(? AS "
                        + "text)))) RETURNING id",
                hostile,
                hostile,
                hostile,
                hostile);
        String path = FieldPath.of(hostile, hostile).toString();
        String top = FieldPath.of(hostile).toString();
        Expression value = Expression.literal(hostile);
        List<Map<String, Object>> found = run(
                Stage.where(
                        Expression.of(Operator.IN, Expression.field("v"), Expression.literal(List.of("x", hostile)))),
                Stage.where(Expression.of(Operator.IN, value, Expression.field("l"))),
                Stage.match(Filter.eq(path, 1)),
                Stage.sort(Sort.descending(path)),
                Stage.window(new Window(
                        Expression.field(path),
                        List.of(Sort.ascending(path)),
                        Map.of(
                                FieldPath.of("w", hostile).toString(),
                                new Window.Output(Accumulator.push(Expression.field(path)), Window.Frame.WHOLE)))),
                Stage.addFields(
                        Map.of(FieldPath.of("a", hostile).toString(), Expression.object(Map.of(hostile, value)))),
                Stage.unwind(FieldPath.of("w", hostile).toString()),
                Stage.project(
                        Map.of(top, Expression.field("a"), FieldPath.of("w").toString(), Expression.field("w"))));
        assertThat(found).hasSize(1);
        assertThat(found.get(0).get(hostile)).isEqualTo(Map.of(hostile, Map.of(hostile, hostile)));
        assertThat(found.get(0).get("w")).hasToString("{" + hostile + "=1}");
        if (!hostile.contains(".") && !hostile.startsWith("$")) {
            assertThat(run(Stage.group(value, Map.of(hostile, Accumulator.count())))
                            .get(0))
                    .containsEntry("_id", hostile)
                    .extractingByKey(hostile)
                    .hasToString("1");
            assertThat(run(Stage.count(hostile)).get(0))
                    .extractingByKey(hostile)
                    .hasToString("1");
        }
    }

    /** A11 */
    @Test
    void aCountCanBeMatched() {
        String pipeline = "[{'$match': {'x': {'$gte': 0}}}, {'$count': 'count'}, {'$match': {'count': {'$gte': 5}}}]";
        assertThat(results(pipeline)).isEqualTo("[]");
        numbers(1, 2, 3, 4);
        assertThat(results(pipeline)).isEqualTo("[]");
        numbers(5);
        assertThat(results(pipeline)).isEqualTo("[{count=5}]");
    }

    /** A13 */
    @Test
    void matchesOnTheRecordsColumns() {
        numbers(1, 2, 3);
        Instant cut = DATABASE.queryForString("SELECT data ->> 'createdAt' FROM health_events WHERE data -> 'x' = '2'")
                .transform(Instant::parse);
        assertThat(run(Stage.match(Filter.gte("createdAt", cut)), Stage.count("n"))
                        .toString())
                .isEqualTo("[{n=2}]");
        // Also behind stages that change the document.
        assertThat(run(
                                Stage.addFields(Map.of("y", Expression.literal(1))),
                                Stage.match(Filter.gt("created_at", cut)),
                                Stage.project(Map.of("x", Expression.field("x"))),
                                Stage.sort(Sort.descending("created_at")),
                                Stage.project(Map.of("x", Expression.field("x"), "at", Expression.field("created_at"))))
                        .toString())
                .contains("x=3", "at=2026-10-17T00:00:0")
                .doesNotContain("x=2");
    }

    @Test
    void expressionsOnArrays() {
        insert("{'l': [1, 2, 3, null], 'm': [3, 1, 7], 's': 'x', 'e': [{'v': 1, 'ok': true}, {'v': 2}]}");
        assertThat(results("[{'$project': {"
                        + "'a': {'$size': '$l'}, 'b': {'$size': '$s'}, 'c': {'$arrayElemAt': ['$l', -2]},"
                        + "'d': {'$arrayElemAt': ['$l', 9]}, 'e': {'$setIntersection': ['$l', '$m']},"
                        + "'f': {'$filter': {'input': '$e', 'as': 'it', 'cond': {'$eq': ['$$it.ok', true]}}},"
                        + "'g': {'$map': {'input': '$e', 'in': '$$this.v'}}, 'h': {'$ifNull': ['$none', '$s']},"
                        + "'i': {'$in': [2, '$l']}, 'j': {'$cond': [{'$gt': [1, '$s']}, 1, ['$s', '$none']]},"
                        + "'k': {'$cond': {'if': '$s', 'then': {'$literal': '$s'}, 'else': 0}}}}]"))
                .isEqualTo(
                        "[{a=4, b=null, c=3, e=[1, 3], f=[{v=1, ok=true}], g=[1, 2], h=x, i=true, j=[x, null], k=$s}]");
    }

    @Test
    void unwindsArrays() {
        insert("{'k': 1, 'l': ['a', null, {'z': 1}]}", "{'k': 2, 'l': []}", "{'k': 3}", "{'k': 4, 'l': 'b'}");
        assertThat(results("[{'$unwind': '$l'}, {'$project': {'k': 1, 'l': 1}}]"))
                .isEqualTo("[{k=1, l=a}, {k=1, l=null}, {k=1, l={z=1}}, {k=4, l=b}]");
        assertThat(results("[{'$unwind': {'path': '$l', 'preserveNullAndEmptyArrays': true}}, {'$match': "
                        + "{'k': {'$gte': 2}}},"
                        + " {'$project': {'k': 1, 'l': 1}}]"))
                .isEqualTo("[{k=2}, {k=3}, {k=4, l=b}]");
        DATABASE.execute("TRUNCATE health_events");
        insert("{'healthevent': {'entitiesimpacted': [{'entitytype': 'GPU', 'entityvalue': '0'}, "
                + "{'entityType': 'GPU', 'entityValue': '1'}]}}");
        assertThat(results("[{'$unwind': '$healthevent.entitiesImpacted'}, {'$match': "
                        + "{'healthevent.entitiesImpacted.entityType': 'GPU'}},"
                        + " {'$group': {'_id': '$healthevent.entitiesimpacted.entityvalue', 'n': "
                        + "{'$sum': 1}}}]"))
                .isEqualTo("[{n=1, _id=0}, {n=1, _id=1}]");
    }

    @Test
    void decodesResults() {
        UUID id = UUID.fromString(DATABASE.queryForString(
                "INSERT INTO health_events (data) VALUES ('{\"healthevent\": {\"nodeName\": \"n\"}}') RETURNING id"));
        Aggregation all = Aggregation.of(Stage.limit(5));
        HealthEventDocument document = store.aggregate(all, HealthEventDocument.codec(JsonCodec.jackson3()))
                .blockFirst(SOON);
        assertThat(document.event().nodeName()).isEqualTo("n");
        assertThat(document.extra()).containsEntry("id", id.toString());
        record Total(long n) {}
        assertThat(store.aggregate(
                                Aggregation.of(Stage.count("n")), DocumentCodec.of(Total.class, JsonCodec.jackson3()))
                        .blockFirst(SOON))
                .isEqualTo(new Total(1));
    }

    @Test
    void aResultIsBoundedAndHoldsNoConnection() {
        numbers(IntStream.range(0, 12).toArray());
        Aggregation all = Aggregation.of(Stage.sort(Sort.ascending("x")));
        assertThat(store.aggregate(all.maxResults(12)).count().block(SOON)).isEqualTo(12);
        assertThatThrownBy(() -> store.aggregate(all.maxResults(11)).blockLast(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("more than 11 results");
        TestSubscriber<Map<String, Object>> slow =
                TestSubscriber.builder().initialRequest(1).build();
        store.aggregate(all).subscribe(slow);
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(12);
        slow.cancel();
        DATABASE.execute("INSERT INTO health_events (data) SELECT jsonb_build_object('big', repeat('x', 6000000))"
                + " FROM generate_series(1, 13)");
        assertThatThrownBy(() -> store.aggregate(Aggregation.of(Stage.match(Filter.exists("big", true))))
                        .blockLast(SOON))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("larger than");
        assertThat(store.count(Filter.all()).block(SOON)).isEqualTo(25);
    }

    @Test
    void allFormsOfALargeGroup() {
        numbers(1);
        Map<String, Accumulator> fields = new java.util.LinkedHashMap<>();
        IntStream.range(0, 120).forEach(i -> fields.put("f" + i, Accumulator.sum(Expression.field("x"))));
        assertThat(run(Stage.group(null, fields)).get(0)).hasSize(121);
        List<Expression> many = new ArrayList<>(Collections.nCopies(150, Expression.field("x")));
        assertThat(run(Stage.project(Map.of("l", new Expression.Call(Operator.ARRAY, many))))
                        .get(0)
                        .get("l"))
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.LIST)
                .hasSize(150);
    }

    private List<Map<String, Object>> run(Stage... stages) {
        return store.aggregate(Aggregation.of(stages)).collectList().block(SOON);
    }

    /** Runs a pipeline in MongoDB's form, with ' for ", and leaves out the record's id. */
    private String results(String pipeline) {
        return store.aggregate(Aggregation.parse(pipeline(pipeline)))
                .map(document -> {
                    Map<String, Object> copy = new java.util.LinkedHashMap<>(document);
                    copy.remove("id");
                    return copy;
                })
                .collectList()
                .block(SOON)
                .toString();
    }

    @SuppressWarnings("unchecked")
    static List<Map<String, Object>> pipeline(String text) {
        return JSON.readValue(text.replace('\'', '"'), List.class);
    }

    private static void numbers(int... numbers) {
        for (int number : numbers) {
            insert("{'x': " + number + "}");
        }
    }

    /** Later ones are created later. */
    private static void insert(String... documents) {
        for (String document : documents) {
            DATABASE.queryForString(
                    "INSERT INTO health_events (data) SELECT CAST(? AS jsonb) || jsonb_build_object('createdAt',"
                            + " '2026-10-17T00:00:00.' || lpad(count(*)::text, 3, '0') || 'Z') FROM "
                            + "health_events RETURNING id",
                    document.replace('\'', '"'));
        }
    }
}
