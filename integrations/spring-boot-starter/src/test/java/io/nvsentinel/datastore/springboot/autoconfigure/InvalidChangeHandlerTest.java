// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.MaintenanceEvent;
import io.nvsentinel.datastore.springboot.ChangeHandler;
import io.nvsentinel.testserver.PostgresDatabase;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

/** Methods that cannot handle changes. */
@Tag("essential")
class InvalidChangeHandlerTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty().keepingSessions(4);

    private static Datastore datastore;

    @BeforeAll
    static void connect() {
        datastore = Objects.requireNonNull(
                Datastore.connect(TestProperties.options(DATABASE)).block());
    }

    @AfterAll
    static void close() {
        datastore.close().block();
    }

    static class ReturnsText {
        @ChangeHandler(client = "c")
        String on(ChangeEvent<HealthEventDocument> change) {
            return "";
        }
    }

    static class TakesADocument {
        @ChangeHandler(client = "c")
        void on(HealthEventDocument document) {}
    }

    static class TakesTooMuch {
        @ChangeHandler(client = "c")
        Mono<Void> on(ChangeEvent<HealthEventDocument> change, String more) {
            return Mono.empty();
        }
    }

    static class BlockingWithASession {
        @ChangeHandler(client = "c")
        void on(ChangeEvent<HealthEventDocument> change, DatastoreSession session) {}
    }

    static class NoType {
        @ChangeHandler(client = "c", collection = "notes")
        void on(ChangeEvent<?> change) {}
    }

    static class OtherCollection {
        @ChangeHandler(client = "c", collection = "health_events")
        void on(ChangeEvent<MaintenanceEvent> change) {}
    }

    static class NoCollection {
        @ChangeHandler(client = "c")
        void on(ChangeEvent<byte[]> change) {}
    }

    static class NoClient {
        @ChangeHandler(client = " ")
        void on(ChangeEvent<HealthEventDocument> change) {}
    }

    static class SameClient {
        @ChangeHandler(client = "c")
        void one(ChangeEvent<HealthEventDocument> change) {}

        @ChangeHandler(client = "c")
        void other(ChangeEvent<MaintenanceEvent> change) {}
    }

    static class InvalidOption {
        @ChangeHandler(client = "c", concurrency = 0)
        void on(ChangeEvent<HealthEventDocument> change) {}
    }

    static List<Supplier<Object>> invalid() {
        return List.of(
                ReturnsText::new,
                TakesADocument::new,
                TakesTooMuch::new,
                BlockingWithASession::new,
                NoType::new,
                OtherCollection::new,
                NoCollection::new,
                NoClient::new,
                SameClient::new,
                InvalidOption::new);
    }

    private static final Map<Class<?>, String> PROBLEMS = Map.of(
            ReturnsText.class, "return Mono<Void> or void, not String",
            TakesADocument.class, "must have the parameter ChangeEvent<T>",
            TakesTooMuch.class, "a second parameter can only be a DatastoreSession",
            BlockingWithASession.class, "must return Mono<Void>, because it takes a DatastoreSession",
            NoType.class, "no type argument that is a class",
            OtherCollection.class, "must name the collection maintenance_events or none",
            NoCollection.class, "must name its collection",
            NoClient.class, "has an invalid option: ",
            SameClient.class, "must have a client name of its own",
            InvalidOption.class, "concurrency must be between 1 and 256, not 0");

    @ParameterizedTest
    @MethodSource("invalid")
    void anInvalidHandlerMakesTheStartFail(Supplier<Object> handler) {
        Class<?> type = handler.get().getClass();
        TestProperties.runner()
                .withBean(
                        "datastore",
                        Datastore.class,
                        () -> datastore,
                        definition -> definition.setDestroyMethodName(""))
                .withBean("handler", Object.class, handler)
                .run(context -> {
                    Throwable failure =
                            assertThat(context).hasFailed().getFailure().actual();
                    assertThat(failure)
                            .isInstanceOf(InvalidChangeHandlerException.class)
                            .hasMessageContaining("The @ChangeHandler method ")
                            .hasMessageContaining(type.getSimpleName())
                            .hasMessageContaining(PROBLEMS.get(type));
                    assertThat(Objects.requireNonNull(new ChangeHandlerFailureAnalyzer().analyze(failure))
                                    .getDescription())
                            .contains(PROBLEMS.get(type));
                });
    }
}
