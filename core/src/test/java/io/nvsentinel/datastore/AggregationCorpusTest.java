// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.aggregation.Accumulator;
import io.nvsentinel.datastore.aggregation.Aggregation;
import io.nvsentinel.datastore.aggregation.Expression;
import io.nvsentinel.datastore.aggregation.Operator;
import io.nvsentinel.datastore.aggregation.Stage;
import io.nvsentinel.datastore.aggregation.Window;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Sort;
import io.nvsentinel.testserver.PostgresDatabase;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Generated pipelines over generated documents give on the server what they give in memory. A failure names its seed;
 * {@code -Dcorpus.seed=…} runs that round alone, {@code -Dcorpus.rounds=…} runs more of them.
 */
@Tag("essential")
class AggregationCorpusTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final int PIPELINES = 40;
    private static final List<String> FIELDS = List.of("g", "n", "m", "s", "b", "l", "o.p", "o.q", "none");
    private static final JsonCodec JSON = JsonCodec.jackson3();

    private Datastore datastore;

    @BeforeEach
    void open() {
        datastore = Databases.connect(Databases.options(DATABASE.get()).maxConnections(1));
    }

    @AfterEach
    void close() {
        datastore.close().block(SOON);
    }

    @Test
    void theServerAgreesWithMemory() {
        Long seed = Long.getLong("corpus.seed");
        long first = System.nanoTime();
        int results = 0;
        for (int i = 0; i < (seed == null ? Integer.getInteger("corpus.rounds", 8) : 1); i++) {
            results += round(seed == null ? first + i : seed);
        }
        assertThat(results).as("results that were compared").isGreaterThan(100);
    }

    private int round(long seed) {
        Random random = new Random(seed);
        List<Map<String, Object>> documents = documents(random);
        int results = 0;
        for (int i = 0; i < PIPELINES; i++) {
            List<Stage> stages = new Pipelines(random).stages();
            List<Object> expected = new ArrayList<>();
            AggregationEvaluator.run(stages, documents).forEach(row -> expected.add(plain(row)));
            List<Object> actual;
            try {
                actual = aggregate(stages);
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + stages, e);
            }
            assertThat(actual).as(() -> "seed " + seed + ": " + stages).isEqualTo(expected);
            results += expected.size();
        }
        return results;
    }

    private List<Object> aggregate(List<Stage> stages) {
        return datastore
                .healthEvents()
                .aggregate(new Aggregation(stages, Aggregation.DEFAULT_MAX_RESULTS))
                .<Object>map(AggregationCorpusTest::plain)
                .collectList()
                .block(SOON);
    }

    /** Without the record's id, numbers to a precision that both sides have. */
    static Object plain(Map<String, Object> document) {
        Map<String, Object> copy = new LinkedHashMap<>(document);
        copy.remove("id");
        return plain((Object) copy);
    }

    private static Object plain(Object value) {
        if (value instanceof Map<?, ?> map) {
            Map<Object, Object> copy = new TreeMap<>();
            map.forEach((name, each) -> copy.put(name, plain(each)));
            return copy;
        }
        if (value instanceof List<?> list) {
            List<Object> copy = new ArrayList<>();
            list.forEach(each -> copy.add(plain(each)));
            return copy;
        }
        return value instanceof Number number
                ? new BigDecimal(number.toString())
                        .setScale(9, RoundingMode.HALF_UP)
                        .stripTrailingZeros()
                        .toPlainString()
                : value;
    }

    /** Stored in the order of their creation, no two at the same time. */
    private static List<Map<String, Object>> documents(Random random) {
        DATABASE.execute("TRUNCATE health_events");
        List<Map<String, Object>> documents = new ArrayList<>();
        for (int i = 0; i < 24; i++) {
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("createdAt", "2026-10-17T00:00:" + (10 + i) + "Z");
            for (String field : FIELDS.subList(0, 6)) {
                if (random.nextInt(7) > 0) {
                    document.put(field, value(field, random));
                }
            }
            if (random.nextInt(4) > 0) {
                Map<String, Object> inner = new LinkedHashMap<>();
                inner.put("p", value("n", random));
                inner.put("q", value("g", random));
                document.put("o", inner);
            }
            DATABASE.queryForString(
                    "INSERT INTO health_events (data) VALUES (CAST(? AS jsonb)) RETURNING id",
                    new String(JSON.writeTree(document), java.nio.charset.StandardCharsets.UTF_8));
            documents.add(document);
        }
        return documents;
    }

    private static Object value(String field, Random random) {
        if (random.nextInt(10) == 0) {
            return null;
        }
        return switch (field) {
            case "g" -> List.of("a", "b", "c").get(random.nextInt(3));
            case "s" -> random.nextInt(5) == 0 ? (Object) number(random) : "" + (char) ('a' + random.nextInt(4));
            case "b" -> random.nextInt(5) == 0 ? (Object) number(random) : random.nextBoolean();
            case "l" -> list(random);
            default -> random.nextInt(8) == 0 ? (Object) "x" : number(random);
        };
    }

    private static List<Object> list(Random random) {
        List<Object> list = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            int kind = random.nextInt(6);
            list.add(kind == 0 ? null : kind == 1 ? (Object) random.nextBoolean() : kind == 2 ? "a" : number(random));
        }
        return list;
    }

    private static BigDecimal number(Random random) {
        return BigDecimal.valueOf(random.nextInt(21) - 5, random.nextInt(2));
    }

    /** Makes pipelines of three stages or less, so that some documents reach the end. */
    private static final class Pipelines {

        private final Random random;

        Pipelines(Random random) {
            this.random = random;
        }

        List<Stage> stages() {
            List<Stage> stages = new ArrayList<>();
            for (int i = 1 + random.nextInt(4); i > 0; i--) {
                stages.add(stage());
            }
            return stages;
        }

        private Stage stage() {
            return switch (random.nextInt(13)) {
                case 12 -> lookup();
                case 0 -> Stage.match(filter());
                case 1 -> Stage.where(expression(3, false));
                case 2 -> Stage.sort(sorts().toArray(Sort[]::new));
                case 3 -> Stage.skip(random.nextInt(4));
                case 4 -> Stage.limit(5 + random.nextInt(20));
                case 5 -> random.nextInt(3) == 0 ? Stage.count("n") : Stage.match(filter());
                case 6 -> group();
                case 7 -> Stage.project(fields());
                case 8 -> Stage.addFields(fields());
                case 9 -> new Stage.Unwind(FieldPath.parse(random.nextInt(4) == 0 ? "n" : "l"), random.nextBoolean());
                default -> Stage.window(window());
            };
        }

        /** The documents that have the same, or a greater, value, few of their fields. */
        private Stage lookup() {
            List<Stage> inner = new ArrayList<>();
            if (random.nextBoolean()) {
                inner.add(Stage.match(filter()));
            }
            inner.add(Stage.where(Expression.of(
                    random.nextBoolean() ? Operator.EQ : Operator.GT,
                    Expression.field(field()),
                    Expression.variable("outer", ""))));
            if (random.nextBoolean()) {
                inner.add(Stage.sort(sorts().toArray(Sort[]::new)));
            }
            if (random.nextBoolean()) {
                inner.add(Stage.limit(3));
            }
            inner.add(Stage.group(Expression.field(field()), Map.of("n", accumulator(8))));
            return Stage.lookup(
                    "health_events", Map.of("outer", expression(1, false)), inner, random.nextBoolean() ? "l" : "o.q");
        }

        private Filter filter() {
            return switch (random.nextInt(3)) {
                case 0 -> Filter.gte(field(), random.nextInt(4));
                case 1 -> Filter.eq(field(), random.nextBoolean() ? null : "a");
                default -> Filter.or(Filter.eq(field(), "b"), Filter.gte(field(), 0));
            };
        }

        private String field() {
            return FIELDS.get(random.nextInt(FIELDS.size()));
        }

        private List<Sort> sorts() {
            List<Sort> sorts = new ArrayList<>();
            for (int i = 1 + random.nextInt(2); i > 0; i--) {
                sorts.add(new Sort(FieldPath.parse(field()), random.nextBoolean()));
            }
            return sorts;
        }

        private Stage group() {
            Map<String, Accumulator> fields = new LinkedHashMap<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                fields.put(List.of("n", "g", "l").get(i), accumulator(Accumulator.Kind.values().length));
            }
            Expression key = switch (random.nextInt(4)) {
                case 0 -> null;
                case 1 -> Expression.object(Map.of("x", Expression.field(field()), "y", Expression.field(field())));
                case 2 -> expression(2, false);
                default -> Expression.field(field());
            };
            return Stage.group(key, fields);
        }

        private Accumulator accumulator(int kinds) {
            return new Accumulator(Accumulator.Kind.values()[random.nextInt(kinds)], expression(2, false));
        }

        private Map<String, Expression> fields() {
            Map<String, Expression> fields = new LinkedHashMap<>();
            for (int i = random.nextInt(3); i >= 0; i--) {
                fields.put(field(), expression(3, false));
            }
            return fields;
        }

        private Window window() {
            Map<String, Window.Output> outputs = new LinkedHashMap<>();
            for (int i = random.nextInt(2); i >= 0; i--) {
                // All but the last: sets are not for windows.
                outputs.put(field(), new Window.Output(accumulator(Accumulator.Kind.values().length - 1), frame()));
            }
            return new Window(
                    random.nextBoolean() ? null : expression(1, false),
                    random.nextInt(3) == 0 ? List.of() : sorts(),
                    outputs);
        }

        private Window.Frame frame() {
            return switch (random.nextInt(5)) {
                case 0 -> Window.Frame.WHOLE;
                case 1 -> Window.Frame.UP_TO_CURRENT;
                case 2 -> Window.Frame.BEFORE_CURRENT;
                case 3 -> new Window.Frame(-1L, 1L);
                default -> new Window.Frame(-2L, null);
            };
        }

        private Expression expression(int depth, boolean inside) {
            if (depth == 0 || random.nextInt(4) == 0) {
                return switch (random.nextInt(inside ? 4 : 3)) {
                    case 0 -> Expression.literal(random.nextBoolean() ? "it's \"a\" \\ $1" : random.nextInt(5));
                    case 3 -> Expression.element("");
                    default -> Expression.field(field());
                };
            }
            if (random.nextInt(10) == 0) {
                return Expression.let(
                        Map.of("one", expression(depth - 1, inside), "two", expression(depth - 1, inside)),
                        Expression.of(
                                random.nextBoolean() ? Operator.CONCAT : Operator.IF_NULL,
                                Expression.variable("two", ""),
                                Expression.variable("one", random.nextBoolean() ? "" : "p")));
            }
            if (random.nextInt(12) == 0) {
                return Expression.of(
                        Operator.ARRAY_TO_OBJECT,
                        Expression.map(
                                Expression.field("l"),
                                Expression.object(
                                        Map.of("k", Expression.field("g"), "v", expression(depth - 1, true)))));
            }
            if (random.nextInt(8) == 0 && !inside) {
                Expression array = Expression.field("l");
                return random.nextBoolean()
                        ? Expression.filter(array, expression(depth - 1, true))
                        : Expression.map(array, expression(depth - 1, true));
            }
            Operator operator = Operator.values()[random.nextInt(Operator.values().length)];
            List<Expression> operands = new ArrayList<>();
            int count = Math.min(operator.most(), Math.max(operator.least(), 1 + random.nextInt(3)));
            for (int i = 0; i < count; i++) {
                operands.add(operand(operator, i, depth - 1, inside));
            }
            return new Expression.Call(operator, operands);
        }

        /** Where an operator needs an array or an index, mostly give it one. */
        private Expression operand(Operator operator, int index, int depth, boolean inside) {
            boolean array = switch (operator) {
                case ANY_ELEMENT_TRUE, SIZE, SET_INTERSECTION -> true;
                case IN -> index == 1;
                case ELEMENT_AT -> index == 0;
                default -> false;
            };
            if (array && random.nextInt(5) > 0) {
                return random.nextBoolean()
                        ? Expression.field("l")
                        : Expression.literal(List.of("a", 1, true, "it's \"a\" \\ $1"));
            }
            if (operator == Operator.ELEMENT_AT && index == 1) {
                return Expression.literal(random.nextInt(5) - 2);
            }
            return expression(depth, inside);
        }
    }
}
