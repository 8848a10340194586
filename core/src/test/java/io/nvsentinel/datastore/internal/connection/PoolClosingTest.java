// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.connection.server.Connector;
import io.nvsentinel.datastore.internal.connection.server.Primary;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.tls.SslMode;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** A connection that is being delivered to a caller while the pool is closed. */
class PoolClosingTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final Duration SOON = Duration.ofSeconds(30);

    private final DatastoreOptions options = DatastoreOptions.builder()
            .host(DATABASE.get().host())
            .port(DATABASE.get().port())
            .database(DATABASE.get().name())
            .username(DATABASE.get().user())
            .password(DATABASE.get().password())
            .sslMode(SslMode.DISABLE)
            .schemaMode(SchemaMode.NONE)
            .applicationName("closing")
            .maxConnections(2)
            .build();
    private final Scheduler timer = Schedulers.parallel();
    private final Connector connector = new Connector(options, options.addresses(), null, new Primary(), timer);
    private final IdleLimit idle = new IdleLimit(options.maxIdleConnections(), new Lifetime(options, null), connector);
    private final Pool pool = new Pool(connector, idle, options, timer);

    @Test
    void aConnectionThatIsTakenOutWhileThePoolClosesIsClosed() {
        use().block(SOON);
        CompletableFuture<Void> refused = new CompletableFuture<>();
        Thread taker = new Thread(() -> use().subscribe(null, refused::completeExceptionally));
        synchronized (idle) {
            // The pool has the idle connection in its hand, and asks whether it may stay.
            taker.start();
            Await.until("asks", SOON, taker::getState, Thread.State.BLOCKED::equals);
            pool.close().block(SOON);
        }
        assertThatThrownBy(refused::join).hasCauseInstanceOf(InvalidRequestException.class);
        Await.until("no session", SOON, PoolClosingTest::sessions, "0"::equals);
    }

    @Test
    void aConnectionThatIsLentWhileThePoolClosesIsClosedWhenItComesBack() {
        Sinks.Empty<Void> one = Sinks.empty();
        Sinks.Empty<Void> other = Sinks.empty();
        CompletableFuture<Void> first = use(one.asMono()).toFuture();
        CompletableFuture<Void> second = use(other.asMono()).toFuture();
        Await.until("both acquired", SOON, () -> pool.figures().acquired() == 2);
        // Acquires the connection of the first and releases it before the first has completely done so.
        CompletableFuture<Void> third = use().then(Mono.defer(pool::close)).toFuture();
        Await.until("a third waits", SOON, () -> pool.figures().pending() == 1);

        one.tryEmitEmpty();
        first.join();
        Await.until("only the acquired session", SOON, PoolClosingTest::sessions, "1"::equals);
        assertThat(third).as("closed").isNotDone();
        other.tryEmitEmpty();
        second.join();
        third.join();

        assertThat(pool.figures().allocated()).isZero();
        Await.until("no session", SOON, PoolClosingTest::sessions, "0"::equals);
    }

    @Test
    void aConnectionThatDoesNotComeBackIsClosedInTheEnd() {
        CompletableFuture<Void> used = use(Mono.never()).toFuture();
        Await.until("acquired", SOON, () -> pool.figures().acquired() == 1);

        pool.close().block(SOON);

        Await.until("no session", SOON, PoolClosingTest::sessions, "0"::equals);
        assertThat(used).as("the work").isNotDone();
        used.cancel(true);
    }

    private Mono<Void> use() {
        return use(Mono.empty());
    }

    private Mono<Void> use(Mono<Void> work) {
        return pool.withConnection("Test", lease -> work);
    }

    private static String sessions() {
        return DATABASE.queryForString("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'closing'");
    }
}
