// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.nvsentinel.tls.SslMode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

/** After an outage, all retries continue when any connection has reached the database. */
class OutageRetryTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Duration FOREVER = Duration.ofDays(1);

    @Test
    void oneConnectionThatCanBeMadeEndsEverybodysPause() {
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port())) {
            Datastore datastore = Datastore.connect(options(proxy)).block(SOON);
            Connections connections = ((DefaultDatastore) datastore).connections();
            AtomicInteger attempts = new AtomicInteger();
            proxy.refuse();
            proxy.cut();
            CompletableFuture<Void> other = Mono.defer(() -> {
                        attempts.incrementAndGet();
                        return connections.reach();
                    })
                    .retryWhen(new OutageRetry(FOREVER, FOREVER, connections.recoveries(), Schedulers.parallel())
                            .when(DatastoreException.class::isInstance))
                    .toFuture();
            Await.until("an attempt", SOON, () -> attempts.get() == 1);
            assertThat(other).isNotDone();

            Await.until("the end of the pause", SOON, () -> {
                proxy.refuse();
                connections.reach().onErrorComplete().block(SOON);
                proxy.heal();
                connections.reach().block(SOON);
                return other.isDone();
            });
            assertThat(other).isCompleted();
            datastore.close().block(SOON);
        }
    }

    @Test
    void whatDoesNotPassFailsAtOnce() {
        IllegalStateException error = new IllegalStateException("stays");
        OutageRetry retry = new OutageRetry(FOREVER, FOREVER, Flux.never(), Schedulers.parallel());

        StepVerifier.create(Mono.error(error).retryWhen(retry.when(failure -> false)))
                .verifyErrorMatches(error::equals);
    }

    private static DatastoreOptions options(TcpProxy proxy) {
        return DatastoreOptions.builder()
                .host(proxy.host())
                .port(proxy.port())
                .database(DATABASE.get().name())
                .username(DATABASE.get().user())
                .password(DATABASE.get().password())
                .sslMode(SslMode.DISABLE)
                .schemaMode(SchemaMode.NONE)
                .build();
    }
}
