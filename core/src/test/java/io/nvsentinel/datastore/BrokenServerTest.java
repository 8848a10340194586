// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.hostile.FakeClient;
import io.nvsentinel.testserver.hostile.FakeServer;
import io.nvsentinel.testserver.hostile.RewritingProxy;
import io.nvsentinel.testserver.hostile.RewritingProxy.Rewriter;
import io.nvsentinel.tls.SslMode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/**
 * A server that does not keep to the protocol, or an answer that was damaged on its way: each call ends within its time-outs in the
 * library's own errors, on both drivers, and {@code health()} always emits.
 */
@Tag("slow")
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class BrokenServerTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    record Item(int n) {}

    private static final DocumentCodec<Item> CODEC = DocumentCodec.of(Item.class, JsonCodec.jackson3());

    private static final int MEGABYTE = 1 << 20;
    private static final int RETRIES = 10;

    private static FakeServer.Script first(byte[] bytes) {
        return client -> client.raw(bytes).silence();
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] header(char type, int length) {
        return ByteBuffer.allocate(5).put((byte) type).putInt(length).array();
    }

    /** What is sent at once; and whether the client must ask for TLS. */
    static Stream<Arguments> answersBeforeTheLogin() {
        Map<String, FakeServer.Script> plain = new LinkedHashMap<>();
        plain.put("another protocol", first(ascii("HTTP/1.1 400 Bad Request\r\n\r\n")));
        plain.put("zeros", first(new byte[MEGABYTE]));
        plain.put("no bytes", FakeClient::start);
        plain.put("half a message", client -> client.start().raw(header('R', 8)));
        plain.put(
                "a message of 2 GB",
                client -> client.start().raw(header('E', Integer.MAX_VALUE)).silence());
        plain.put(
                "a message of a negative length",
                client -> client.start().raw(header('E', -1)).silence());
        plain.put(
                "an unknown message",
                client -> client.start().send('!', new byte[3]).silence());
        plain.put(
                "rows",
                client ->
                        client.start().send('D', new byte[] {0, 1, 0, 0, 0, 0}).silence());
        plain.put(
                "a login of no kind",
                client -> client.start().send('R', new byte[2]).silence());
        plain.put(
                "an unknown login",
                client -> client.start().authentication(99, "").silence());
        plain.put(
                "SCRAM without mechanisms",
                client -> client.start().authentication(10, "").silence());
        plain.put(
                "SCRAM with unknown mechanisms",
                client -> client.start().authentication(10, "X-LATER\0\0").silence());
        plain.put(
                "SCRAM without a beginning",
                client -> client.start().authentication(11, "r=a,s=b,i=1").silence());
        plain.put("SCRAM with a challenge of nothing", client -> {
            client.start().authentication(10, "SCRAM-SHA-256\0\0").password();
            client.authentication(11, "").silence();
        });
        plain.put("SCRAM with a long challenge", client -> {
            client.start().authentication(10, "SCRAM-SHA-256\0\0").password();
            client.authentication(11, "r=" + "a".repeat(MEGABYTE - 100) + ",s=c2FsdA==,i=4096")
                    .silence();
        });
        plain.put("endless notices", client -> {
            client.start();
            while (true) {
                client.send('N', FakeClient.text("SNOTICE", "C00000", "Mendless", ""));
            }
        });
        plain.put(
                "an error without fields",
                client -> client.start().send('E', new byte[] {0}).silence());
        plain.put(
                "an error without an end",
                client -> client.start().send('E', ascii("Mno end")).silence());
        plain.put(
                "a long error",
                client -> client.start()
                        .send('E', FakeClient.text("SFATAL", "CXX000", "Mpassword " + "password ".repeat(100_000), ""))
                        .silence());
        plain.put(
                "a long error in quotes",
                client -> client.start()
                        .send('E', FakeClient.text("SFATAL", "C22P02", "M\"" + "x\"\"".repeat(200_000), ""))
                        .silence());
        plain.put(
                "a login that never ends",
                client -> client.start().authentication(0, "").silence());
        plain.put(
                "a login with a version of no sense",
                client -> client.start()
                        .authentication(0, "")
                        .send('S', FakeClient.text("server_version", "9".repeat(100_000)))
                        .send('K', new byte[8])
                        .send('Z', new byte[] {'I'})
                        .silence());
        plain.put("parameters without an end", client -> {
            client.start().authentication(0, "");
            while (true) {
                client.send('S', FakeClient.text("application_name", "endless"));
            }
        });
        plain.put("no answer to the first question", client -> {
            client.start().welcome().question();
            client.silence();
        });
        plain.put(
                "rows of nothing",
                question(client -> client.send('1', new byte[0])
                        .send('2', new byte[0])
                        .send('D', new byte[] {0, 0})
                        .send('C', FakeClient.text("SELECT 1"))
                        .send('Z', new byte[] {'I'})));
        plain.put(
                "columns of no sense",
                question(client -> client.send('1', new byte[0])
                        .send('2', new byte[0])
                        .send('T', ascii("\0\u0001a\0" + "\0".repeat(18)))
                        .send('D', ascii("\0\u0001\0\0\0\u0003abc"))
                        .send('C', FakeClient.text("SELECT 1"))
                        .send('Z', new byte[] {'I'})));
        plain.put(
                "a row that is longer than its message",
                question(client -> client.send('1', new byte[0])
                        .send('2', new byte[0])
                        .send('T', ascii("\0\u0001a\0" + "\0".repeat(18)))
                        .send('D', ascii("\0\u0001\u007F\0\0\0"))
                        .send('Z', new byte[] {'I'})));
        plain.put("endless rows", question(client -> {
            client.send('1', new byte[0]).send('2', new byte[0]).send('T', ascii("\0\u0001a\0" + "\0".repeat(18)));
            byte[] rows = new byte[110_000];
            for (int i = 0; i < rows.length; i += 11) {
                System.arraycopy(ascii("D\0\0\0\n\0\u0001\0\0\0\0"), 0, rows, i, 11);
            }
            while (true) {
                client.raw(rows);
            }
        }));
        plain.put("a row of 2 GB", question(client -> client.raw(header('D', Integer.MAX_VALUE))));
        plain.put("a long notification", question(client -> client.send('A', new byte[MEGABYTE])));
        Map<String, FakeServer.Script> encrypted = new LinkedHashMap<>();
        encrypted.put("garbage for an answer to TLS", first(ascii("X")));
        encrypted.put("much garbage for an answer to TLS", first(new byte[MEGABYTE]));
        encrypted.put("garbage instead of a handshake", first(ascii("S" + "garbage ".repeat(1000))));
        encrypted.put("half a handshake", first(ascii("S\u0016\u0003\u0003\u0040\u0000")));
        encrypted.put("plain text after agreeing to TLS", first(ascii("SR\0\0\0\b\0\0\0\u0003")));
        encrypted.put("an error for an answer to TLS", first(ascii("E\0\0\0\tMno\0\0")));
        encrypted.put("no answer to TLS", FakeClient::silence);
        return Stream.concat(rows(plain, SslMode.DISABLE), rows(encrypted, SslMode.REQUIRE));
    }

    private static FakeServer.Script question(FakeServer.Script answer) {
        return client -> {
            client.start().welcome();
            while (true) {
                client.question();
                answer.answer(client);
            }
        };
    }

    private static Stream<Arguments> rows(Map<String, FakeServer.Script> scripts, SslMode mode) {
        return scripts.entrySet().stream()
                .flatMap(script -> Stream.of(SchemaMode.NONE, SchemaMode.VALIDATE)
                        .map(schema -> Arguments.of(script.getKey(), schema, mode, script.getValue())));
    }

    /** Without a look at the schema over R2DBC, with it over JDBC. */
    @ParameterizedTest(name = "{0}, {1}")
    @MethodSource("answersBeforeTheLogin")
    void connectingEnds(String name, SchemaMode schema, SslMode mode, FakeServer.Script script) throws IOException {
        try (FakeServer server = FakeServer.of(script)) {
            Throwable error = catchThrowable(() -> Datastore.connect(DatastoreOptions.builder()
                            .host("127.0.0.1")
                            .port(server.port())
                            .database("any")
                            .username("any")
                            .password("secret")
                            .requireAuth("scram-sha-256,none")
                            .sslMode(mode)
                            .schemaMode(schema)
                            .schemaWait(Duration.ZERO)
                            .connectTimeout(Duration.ofMillis(1200))
                            .acquireTimeout(Duration.ofMillis(1500))
                            .statementTimeout(Duration.ofSeconds(1))
                            .build())
                    .block(SOON));

            assertThat(error).isInstanceOf(DatastoreException.class).hasMessageNotContaining("secret");
            assertThat(error.getMessage()).hasSizeLessThan(10_000);
        }
    }

    /** Migrations have no bound, but waiting for them has; and so has each question meanwhile. */
    @Test
    void waitingForAMigrationEndsWhenTheServerFallsSilent() throws Exception {
        TestDatabase empty = PostgresServer.shared().createDatabase();
        try (RewritingProxy proxy = RewritingProxy.before(empty);
                Connection other = empty.connect();
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(7813858212840129891)");
            CompletableFuture<Datastore> connected = Datastore.connect(Databases.options(empty)
                            .host("127.0.0.1")
                            .port(proxy.port())
                            .schemaMode(SchemaMode.MIGRATE)
                            .schemaWait(Duration.ofHours(1))
                            .build())
                    .toFuture();
            Await.until(
                    "the question for the lock",
                    SOON,
                    () -> !empty.queryForStrings(
                                    "SELECT pid::text FROM pg_stat_activity WHERE datname ="
                                            + " current_database() AND query LIKE '%pg_try_advisory_lock%' AND pid <> pg_backend_pid()")
                            .isEmpty());
            proxy.rewrite((type, message) -> new byte[0]);

            assertThat(connected)
                    .failsWithin(SOON)
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseInstanceOf(UnavailableException.class);
        } finally {
            empty.drop();
        }
    }

    /** The question whether anything is pending has its own session, and a migration's statements have no bound. */
    @Test
    void waitingForAMigrationEndsWhenTheServerFallsSilentInItsSecondSession() throws Exception {
        TestDatabase empty = PostgresServer.shared().createDatabase();
        try (RewritingProxy proxy = RewritingProxy.before(empty);
                Connection other = empty.connect();
                Statement statement = other.createStatement()) {
            statement.execute("SELECT pg_advisory_lock(7813858212840129891)");
            proxy.rewrite(silentAfter(row("f"), row("f", "f")));

            assertThat(Datastore.connect(Databases.options(empty)
                                    .host("127.0.0.1")
                                    .port(proxy.port())
                                    .schemaMode(SchemaMode.MIGRATE)
                                    .schemaWait(Duration.ofHours(1))
                                    .statementTimeout(Duration.ofSeconds(1))
                                    .build())
                            .toFuture())
                    .failsWithin(SOON)
                    .withThrowableOfType(ExecutionException.class)
                    .withCauseInstanceOf(UnavailableException.class);
        } finally {
            empty.drop();
        }
    }

    /** Sends nothing any more after the answer in which the last of these messages was, each seen after the one before. */
    private static Rewriter silentAfter(byte[]... messages) {
        Deque<byte[]> awaited = new ConcurrentLinkedDeque<>(List.of(messages));
        AtomicBoolean silent = new AtomicBoolean();
        return (type, message) -> {
            if (silent.get()) {
                return new byte[0];
            }
            byte[] next = awaited.peek();
            if (next == null) {
                silent.set(type == 'Z');
            } else if (Arrays.equals(next, message)) {
                awaited.remove();
            }
            return message;
        };
    }

    private static byte[] row(String... values) {
        ByteBuffer content = ByteBuffer.allocate(MEGABYTE).putShort((short) values.length);
        for (String value : values) {
            content.putInt(value.length()).put(ascii(value));
        }
        return message('D', Arrays.copyOf(content.array(), content.position()));
    }

    private static Rewriter of(char type, Function<byte[], byte[]> change) {
        return (found, message) -> found == type ? change.apply(message) : message;
    }

    private static byte[] message(char type, byte[] content) {
        return ByteBuffer.allocate(5 + content.length)
                .put(header(type, 4 + content.length))
                .put(content)
                .array();
    }

    private static byte[] content(byte[] message) {
        return Arrays.copyOfRange(message, 5, message.length);
    }

    private static byte[] with(byte[] message, int at, int... values) {
        byte[] copy = message.clone();
        for (int i = 0; i < values.length && at + i < copy.length; i++) {
            copy[at + i] = (byte) values[i];
        }
        return copy;
    }

    private static byte[] together(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** Each field of a description: name, table, column, type, size, modifier, format. */
    private static byte[] withType(byte[] description, int type) {
        byte[] copy = description.clone();
        int at = 7;
        for (int field = ByteBuffer.wrap(copy).getShort(5); field > 0; field--) {
            while (copy[at] != 0) {
                at++;
            }
            ByteBuffer.wrap(copy).putInt(at + 7, type);
            at += 19;
        }
        return copy;
    }

    static Stream<Arguments> damagedAnswers() {
        Map<String, Rewriter> rewriters = new LinkedHashMap<>();
        rewriters.put("rows without columns", of('D', row -> message('D', new byte[] {0, 0})));
        rewriters.put("rows with one column", of('D', row -> message('D', ascii("\0\u0001\0\0\0\u0001x"))));
        rewriters.put("rows with many columns", of('D', row -> with(row, 5, 0x7F, 0xFF)));
        rewriters.put("rows with a negative number of columns", of('D', row -> with(row, 5, 0xFF, 0xFF)));
        rewriters.put("columns longer than their row", of('D', row -> with(row, 7, 0x7F, 0xFF, 0xFF, 0xFF)));
        rewriters.put("columns of a negative length", of('D', row -> with(row, 7, 0xFF, 0xFF, 0xFF, 0x80)));
        rewriters.put("columns that are null", of('D', row -> with(row, 7, 0xFF, 0xFF, 0xFF, 0xFF)));
        rewriters.put("columns of other bytes", of('D', row -> {
            byte[] copy = row.clone();
            Arrays.fill(copy, Math.min(11, copy.length), copy.length, (byte) 0xC3);
            return copy;
        }));
        rewriters.put("rows cut short", of('D', row -> message('D', Arrays.copyOf(content(row), 3))));
        rewriters.put("rows of 2 GB", of('D', row -> header('D', Integer.MAX_VALUE)));
        rewriters.put("a description without columns", of('T', found -> message('T', new byte[] {0, 0})));
        rewriters.put("a description of many columns", of('T', found -> with(found, 5, 0x7F, 0xFF)));
        rewriters.put("a description without an end", of('T', found -> message('T', ascii("\0\u0001name"))));
        for (int type : new int[] {0, 16, 17, 20, 23, 25, 114, 701, 1184, 1700, 2950, 3802, 3807, 999_999}) {
            rewriters.put("columns of type " + type, of('T', found -> withType(found, type)));
        }
        rewriters.put("no descriptions", of('T', found -> new byte[0]));
        rewriters.put("two descriptions", of('T', found -> together(found, found)));
        rewriters.put("no completion", of('C', found -> new byte[0]));
        rewriters.put("an empty completion", of('C', found -> message('C', new byte[] {0})));
        rewriters.put("a completion without an end", of('C', found -> message('C', ascii("SELECT"))));
        rewriters.put(
                "a completion of too many rows",
                of('C', found -> message('C', ascii("SELECT 9999999999999999999999\0"))));
        rewriters.put("a completion that is none", of('C', found -> message('C', ascii("\u001B[31m x y z\0"))));
        rewriters.put("completions twice", of('C', found -> together(found, found)));
        rewriters.put("errors instead of completions", of('C', found -> message('E', new byte[] {0})));
        rewriters.put("errors of no state", of('C', found -> message('E', FakeClient.text("SERROR", "Mno state", ""))));
        rewriters.put(
                "errors of an odd state",
                of('C', found -> message('E', FakeClient.text("SERROR", "C\u0007", "Mx", ""))));
        rewriters.put(
                "errors in quotes",
                of(
                        'C',
                        found -> message(
                                'E', FakeClient.text("SERROR", "C22P02", "M\"" + "x\"\"".repeat(200_000), ""))));
        rewriters.put("ready twice", of('Z', found -> together(found, found)));
        rewriters.put("never ready", of('Z', found -> new byte[0]));
        rewriters.put("ready in an unknown state", of('Z', found -> message('Z', new byte[] {'?'})));
        rewriters.put("ready too early", of('2', found -> together(found, message('Z', new byte[] {'I'}))));
        rewriters.put("no binding", of('2', found -> new byte[0]));
        rewriters.put("copying", of('2', found -> message('G', new byte[] {0, 0, 0})));
        rewriters.put("copies", of('D', found -> message('H', new byte[] {0, 0, 0})));
        rewriters.put("suspended", of('C', found -> message('s', new byte[0])));
        rewriters.put("an unknown message", of('C', found -> message('!', new byte[3])));
        rewriters.put("garbage", of('C', found -> ascii("garbage ".repeat(1000))));
        rewriters.put(
                "a notification of 16 MB",
                of('C', found -> together(message('A', together(new byte[4], new byte[16 * MEGABYTE - 100])), found)));
        rewriters.put(
                "a notification without an end", of('C', found -> together(message('A', ascii("1234abc")), found)));
        rewriters.put("many notices", of('C', found -> {
            byte[] notice = message('N', FakeClient.text("SNOTICE", "C00000", "M\u001B[31m" + "x".repeat(100), ""));
            byte[] all = new byte[notice.length * 10_000];
            for (int i = 0; i < all.length; i += notice.length) {
                System.arraycopy(notice, 0, all, i, notice.length);
            }
            return together(all, found);
        }));
        rewriters.put("a login", of('C', found -> message('R', new byte[] {0, 0, 0, 3})));
        return rewriters.entrySet().stream().map(one -> Arguments.of(one.getKey(), one.getValue()));
    }

    private static final Map<String, BiFunction<Datastore, DocumentCollection<Item>, Mono<?>>> CALLS =
            new LinkedHashMap<>();

    static {
        CALLS.put("health", (datastore, documents) -> datastore.health());
        CALLS.put(
                "find",
                (datastore, documents) -> documents.find(Filter.eq("n", 1)).collectList());
        CALLS.put("count", (datastore, documents) -> documents.count(Filter.all()));
        CALLS.put("insert", (datastore, documents) -> documents.insert(new Item(2)));
        CALLS.put(
                "transaction",
                (datastore, documents) -> datastore.inTransaction(
                        session -> session.collection("broken", CODEC).count(Filter.all())));
        CALLS.put("health again", (datastore, documents) -> datastore.health());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damagedAnswers")
    void callsEnd(String name, Rewriter rewriter) throws IOException {
        try (RewritingProxy proxy = RewritingProxy.before(DATABASE.get())) {
            Datastore datastore = Databases.connect(Databases.options(DATABASE.get())
                    .host("127.0.0.1")
                    .port(proxy.port())
                    .connectTimeout(Duration.ofSeconds(2))
                    .acquireTimeout(Duration.ofSeconds(3))
                    .statementTimeout(Duration.ofMillis(200)));
            try {
                DocumentCollection<Item> documents = datastore.collection("broken", CODEC);
                // The short time-out is for the damaged answers; right ones may take longer on a busy machine.
                datastore
                        .createCollection("broken")
                        .then(documents.insert(new Item(1)))
                        .then(documents.find(Filter.eq("n", 1)).collectList())
                        .retry(RETRIES)
                        .block(SOON);
                proxy.rewrite(rewriter);
                CALLS.forEach((call, how) -> {
                    Throwable error =
                            catchThrowable(() -> how.apply(datastore, documents).block(SOON));
                    if (error != null) {
                        assertThat(error).as(call).isInstanceOf(DatastoreException.class);
                        assertThat(call).doesNotStartWith("health");
                    }
                });
                proxy.relent();
                Mono.defer(datastore::ping).retry(RETRIES).block(SOON);
            } finally {
                datastore.close().block(SOON);
            }
        }
    }
}
