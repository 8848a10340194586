// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static io.nvsentinel.datastore.Databases.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.query.Query;
import io.nvsentinel.testserver.PostgresDatabase;
import io.r2dbc.spi.ConnectionFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/** Errors of the JVM that the application's own code throws: what was begun ends, also on threads that are not its own. */
class JvmErrorsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    static Stream<Supplier<Error>> errors() {
        return Stream.of(
                () -> new NoSuchMethodError("'void com.example.Shared.method(java.lang.String)'"),
                () -> new NoClassDefFoundError("com/example/Shared"),
                () -> new StackOverflowError(),
                () -> new OutOfMemoryError("Java heap space"));
    }

    @ParameterizedTest
    @MethodSource("errors")
    void codecs(Supplier<Error> error) {
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            datastore.createCollection("notes").block(SOON);
            DocumentCollection<String> encoding = datastore.collection("notes", codec(error, null));
            assertThat(failing(encoding.insert("{}"))).isInstanceOf(DatastoreException.class);
            assertThat(failing(encoding.insertMany(java.util.List.of("{}")))).isInstanceOf(DatastoreException.class);
            DocumentCollection<String> decoding = datastore.collection("notes", codec(null, error));
            decoding.insert("{}").block(SOON);
            assertThat(failing(decoding.find(Filter.all()).then())).isInstanceOf(DatastoreException.class);
            assertThat(failing(decoding.findOne(Query.where(Filter.all())))).isInstanceOf(DatastoreException.class);
            assertThat(failing(datastore.inTransaction(session ->
                            session.collection("notes", codec(null, error)).findOne(Query.where(Filter.all())))))
                    .isInstanceOf(DatastoreException.class);
        } finally {
            datastore.close().block(SOON);
        }
    }

    @ParameterizedTest
    @MethodSource("errors")
    void functionsOfTransactions(Supplier<Error> error) {
        Datastore datastore = Databases.connect(DATABASE.get());
        try {
            datastore.createCollection("work").block(SOON);
            assertThat(failing(datastore.inTransaction(session -> {
                        throw error.get();
                    })))
                    .isInstanceOf(ConfigurationException.class)
                    .hasCauseInstanceOf(Error.class);
            assertThat(failing(datastore.inTransaction(session -> session.collection("work", codec(null, null))
                            .insert("{}")
                            .map(id -> {
                                throw error.get();
                            }))))
                    .isInstanceOf(ConfigurationException.class);
            assertThat(DATABASE.queryForString("SELECT count(*) FROM work")).isEqualTo("0");
        } finally {
            datastore.close().block(SOON);
        }
    }

    @ParameterizedTest
    @MethodSource("errors")
    void listenersThatAreTold(Supplier<Error> error) {
        Datastore datastore = connect(new DatastoreListener() {
                    @Override
                    public void onOperation(Operation operation) {
                        throw error.get();
                    }
                })
                .block(SOON);
        datastore.ping().block(SOON);
        datastore.close().block(SOON);
    }

    @ParameterizedTest
    @MethodSource("errors")
    void listenersThatAreAsked(Supplier<Error> error) {
        assertThat(failing(connect(new DatastoreListener() {
                    @Override
                    public void onConnected(Datastore datastore) {
                        throw error.get();
                    }
                })))
                .isInstanceOf(ConfigurationException.class);
        assertThat(failing(connect(new DatastoreListener() {
                    @Override
                    public ConnectionFactory decorate(ConnectionFactory connections) {
                        throw error.get();
                    }
                })))
                .isInstanceOf(ConfigurationException.class);
    }

    @Test
    void anErrorNamesWhatDoesNotFitAndWhatIsThere() {
        assertThat(failing(connect(new DatastoreListener() {
                    @Override
                    public void onConnected(Datastore datastore) {
                        throw new NoSuchMethodError("'reactor.core.publisher.Mono "
                                + "org.flywaydb.core.Flyway.some(io.netty.channel.Channel)'");
                    }
                })))
                .hasMessageStartingWith("The classes of Flyway are incompatible: java.lang.NoSuchMethodError: ")
                .message()
                .matches(".*; found flyway-core-\\d+[\\d.]+\\.jar, this release is tested with version \\d+[\\d.]+");
    }

    private static Mono<Datastore> connect(DatastoreListener listener) {
        return Datastore.connect(Databases.options(DATABASE.get()).build(), listener);
    }

    private static Throwable failing(Mono<?> work) {
        return catchThrowable(() -> work.block(Duration.ofSeconds(20)));
    }

    private static DocumentCodec<String> codec(Supplier<Error> encoding, Supplier<Error> decoding) {
        return new DocumentCodec<>() {
            @Override
            public byte[] encode(String json) {
                if (encoding != null) {
                    throw encoding.get();
                }
                return json.getBytes(StandardCharsets.UTF_8);
            }

            @Override
            public String decode(byte[] json) {
                if (decoding != null) {
                    throw decoding.get();
                }
                return new String(json, StandardCharsets.UTF_8);
            }
        };
    }
}
