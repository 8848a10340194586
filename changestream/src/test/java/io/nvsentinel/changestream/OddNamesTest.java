// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static io.nvsentinel.changestream.TestStreams.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.changestream.admin.Clients;
import io.nvsentinel.changestream.internal.client.OwnerText;
import io.nvsentinel.changestream.processing.DeadLetters;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreSession;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.MaintenanceEventStore;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.model.Csp;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.model.HealthEventStatus;
import io.nvsentinel.datastore.model.InternalStatus;
import io.nvsentinel.datastore.model.MaintenanceType;
import io.nvsentinel.datastore.model.Status;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

/** Names that the server would read as other names, through every public method that takes one. */
class OddNamesTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    /** The server gets a question mark for half a surrogate pair, and takes the first of these for the second. */
    private static final List<String> CUT_OR_REPLACED =
            List.of("a\ud800", "a\udc00b", "\ud800", "\udc00\ud800", "a\0", "\0", "a\0b");

    private static final List<String> CONTROL = List.of("a\nb", "a\rb", "\u001b[2J", "a\u007fb", "a\u0085b", "\t");

    private static final List<Class<?>> OF_DOCUMENTS =
            List.of(DocumentCollection.class, HealthEventStore.class, MaintenanceEventStore.class);

    private static final Map<Class<?>, Object> OTHERS = Map.ofEntries(
            Map.entry(UUID.class, UUID.randomUUID()),
            Map.entry(Instant.class, Instant.EPOCH),
            Map.entry(Status.class, Status.FAILED),
            Map.entry(HealthEventStatus.class, HealthEventStatus.fromTree(Map.of())),
            Map.entry(InternalStatus.class, InternalStatus.DETECTED),
            Map.entry(Csp.class, Csp.AWS),
            Map.entry(MaintenanceType.class, MaintenanceType.SCHEDULED),
            Map.entry(Collection.class, List.of(InternalStatus.DETECTED)),
            Map.entry(
                    List.class,
                    List.of(HealthEventDocument.of(
                            Instant.EPOCH, HealthEvent.builder().build()))),
            Map.entry(DocumentCodec.class, DocumentCodec.ofTrees()),
            Map.entry(Filter.class, Filter.all()),
            Map.entry(StartAt.class, StartAt.now()));

    private Datastore datastore;
    private ChangeStreams streams;

    @BeforeEach
    void open() {
        datastore = Databases.connect(DATABASE.get());
        streams = ChangeStreams.of(datastore);
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
    }

    @Test
    void areRefusedByEveryMethodBeforeTheyAreSent() {
        Map<Class<?>, Object> targets = Map.of(
                Datastore.class, datastore,
                DatastoreSession.class, datastore,
                DocumentCollection.class, datastore.healthEvents(),
                HealthEventStore.class, datastore.healthEvents(),
                MaintenanceEventStore.class, datastore.maintenanceEvents(),
                ChangeStreams.class, streams,
                Clients.class, streams.clients(),
                DeadLetters.class, streams.deadLetters());
        List<String> tried = new ArrayList<>();
        targets.forEach((type, target) -> Arrays.stream(type.getDeclaredMethods())
                .filter(OddNamesTest::takesAName)
                .forEach(method -> {
                    tried.add(type.getSimpleName() + "." + method.getName());
                    refused(method, target, CUT_OR_REPLACED);
                    if (!OF_DOCUMENTS.contains(type)) {
                        refused(method, target, CONTROL);
                    }
                }));
        assertThat(tried)
                .contains(
                        "Datastore.createCollection",
                        "Datastore.createTextIndex",
                        "DatastoreSession.collection",
                        "DocumentCollection.distinct",
                        "HealthEventStore.isNodeDrained",
                        "HealthEventStore.updateSpanId",
                        "MaintenanceEventStore.findLastReceived",
                        "ChangeStreams.lag",
                        "Clients.find",
                        "Clients.reset",
                        "Clients.delete",
                        "DeadLetters.list",
                        "DeadLetters.replayAll",
                        "DeadLetters.deleteAll")
                .hasSizeGreaterThan(20);
    }

    private static boolean takesAName(Method method) {
        return Modifier.isPublic(method.getModifiers())
                && !Modifier.isStatic(method.getModifiers())
                && !method.isSynthetic()
                && List.of(method.getParameterTypes()).contains(String.class);
    }

    private static void refused(Method method, Object target, List<String> wrong) {
        Class<?>[] types = method.getParameterTypes();
        for (int at = 0; at < types.length; at++) {
            if (types[at] == String.class) {
                for (String name : wrong) {
                    Object[] arguments = arguments(types, at, name);
                    Throwable error = catchThrowable(() -> call(method, target, arguments));
                    String as = method + " with "
                            + name.chars().mapToObj(Integer::toHexString).toList();
                    assertThat(error)
                            .as(as)
                            .isInstanceOfAny(InvalidRequestException.class, ConfigurationException.class);
                    assertThat(((DatastoreException) error).sqlState()).as(as).isNull();
                    assertThat(error.getMessage())
                            .as(as)
                            .containsAnyOf(
                                    "control characters", "half a surrogate pair", "unpaired surrogate", "U+0000")
                            .doesNotContainPattern("\\p{Cntrl}|\\p{Cs}");
                }
            }
        }
    }

    private static Object[] arguments(Class<?>[] types, int at, String name) {
        Object[] arguments = new Object[types.length];
        for (int i = 0; i < types.length; i++) {
            arguments[i] = i == at ? name : types[i] == String.class ? "fine" : OTHERS.get(types[i]);
            assertThat(arguments[i]).as("a value for %s", types[i]).isNotNull();
        }
        return arguments;
    }

    private static void call(Method method, Object target, Object[] arguments) throws Throwable {
        try {
            Object result = method.invoke(target, arguments);
            if (result instanceof Publisher<?> publisher) {
                Flux.from(publisher).blockLast(SOON);
            }
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    @Test
    void areRefusedAsNamesOfClients() {
        for (List<String> names : List.of(CUT_OR_REPLACED, CONTROL)) {
            for (String name : names) {
                WatchOptions.Builder builder = WatchOptions.builder().clientName(name);
                assertThatThrownBy(builder::build)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessageContaining("clientName must not contain");
            }
        }
    }

    @Test
    void ofAnotherClientDoesNotDeleteThisOne() {
        streams.clients().reset("a?", StartAt.now()).block(SOON);

        assertThatThrownBy(() -> streams.clients().delete("a\ud800").block(SOON))
                .isInstanceOf(InvalidRequestException.class);

        assertThat(streams.clients().find("a?").block(SOON)).isNotNull();
    }

    @Test
    void ofTheMachineAreOneLineThatTheDatabaseCanHold() {
        assertThat(OwnerText.of("drainer", 7, "node-a")).isEqualTo("application \"drainer\", process 7 on node-a");
        assertThat(OwnerText.of("drainer", 7, null)).isEqualTo("application \"drainer\", process 7");
        assertThat(OwnerText.of("drainer", 7, " ")).isEqualTo("application \"drainer\", process 7");
        for (String odd : List.of("a\nb", "\u001b[2J", "a\0b", "a\ud800", "\u202eb", "é\"'\\$1", "x".repeat(200_000))) {
            assertThat(OwnerText.of("drainer", 7, odd))
                    .startsWith("application \"drainer\", process 7 on ")
                    .hasSizeLessThan(2_000)
                    .doesNotContainPattern("\\p{Cntrl}|\\p{Cs}|\\p{Cf}");
        }
    }
}
