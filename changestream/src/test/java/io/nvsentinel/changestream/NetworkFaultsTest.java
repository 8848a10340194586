// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.proxy.ProxiedConnection;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.LoggerFactory;

/** What a network does to the reading and to the LISTEN connection costs time, never changes. */
@Tag("slow")
class NetworkFaultsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final String ALL = "SELECT concat_ws(' ', client_port, state, query) FROM pg_stat_activity"
            + " WHERE datname = current_database()";
    private static final String SESSIONS = "SELECT client_port::text FROM pg_stat_activity"
            + " WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ";
    /** Tries the idle lock, or only answers a heartbeat while it holds that lock and nothing happens. */
    private static final String LISTENING = SESSIONS + "SIMILAR TO '(%advisory%|LISTEN %|SELECT ''1'')'";

    private static final String READING = SESSIONS + "LIKE '%datastore_changelog_state AS state%'";

    private TcpProxy proxy;
    private Datastore datastore;
    private ChangeStreams streams;
    private List<String> seen;

    @BeforeEach
    void open() throws InterruptedException {
        proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
        datastore = Datastore.connect(Databases.options(DATABASE.get())
                        .host(proxy.host())
                        .port(proxy.port())
                        .maxConnections(1)
                        .statementTimeout(Duration.ofSeconds(1))
                        .build())
                .block();
        streams = ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .pollInterval(Duration.ofSeconds(1))
                        .build());
        seen = watch(streams, datastore);
    }

    @AfterEach
    void close() {
        streams.close().block(SOON);
        datastore.close().block(SOON);
        proxy.close();
    }

    @Test
    void aReadingConnectionThatSilentlyDiedIsReplaced() {
        writeAndSee("before");
        connection(READING).blackHole();
        writeAndSee("after");
        writeAndSee("later");
        assertThat(seen).containsExactly("before", "after", "later");
    }

    @Test
    void aReadThatIsNotAnsweredIsGivenUpLongBeforeTheStatementTimeout() throws Exception {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger("io.nvsentinel.changestream.tail");
        lines.start();
        logger.addAppender(lines);
        Datastore patient = Datastore.connect(Databases.options(DATABASE.get())
                        .host(proxy.host())
                        .port(proxy.port())
                        .statementTimeout(Duration.ofMinutes(10))
                        .build())
                .block();
        ChangeStreams others = ChangeStreams.of(
                patient,
                ChangeStreamOptions.builder()
                        .listen(false)
                        .pollInterval(Duration.ofMillis(100))
                        .build());
        try {
            List<String> received = watch(others, patient);
            insert("after");
            // A connection that is just being opened is not included the first time.
            Await.until("the line in the log", SOON, () -> {
                proxy.connections().forEach(ProxiedConnection::blackHole);
                return isSaid(lines, "has not been answered for 2 s: position=");
            });
            Await.until("the change", SOON, () -> received.contains("after"));
        } finally {
            logger.detachAppender(lines);
            others.close().block(SOON);
            patient.close().block(SOON);
        }
    }

    @Test
    void aListenConnectionThatSilentlyDiedHoldsNothingBackAndIsReplaced() {
        writeAndSee("before");
        ProxiedConnection dead = listening();
        dead.blackHole();
        writeAndSee("after");
        awaitAnotherThan(dead);
        writeAndSee("later");
        assertThat(seen).containsExactly("before", "after", "later");
    }

    @Test
    void aSlowListenConnectionHoldsNothingBackForGood() {
        writeAndSee("before");
        listening().delay(Duration.ofMillis(700));
        for (String name : List.of("a", "b", "c", "d", "e")) {
            insert(name);
        }
        writeAndSee("after");
        assertThat(seen).containsExactly("before", "a", "b", "c", "d", "e", "after");
    }

    @Test
    void aListenConnectionThatAnsweredTooLateOnceIsReplaced() {
        writeAndSee("before");
        ProxiedConnection slow = listening();
        slow.delay(Duration.ofSeconds(8));
        writeAndSee("meanwhile");
        awaitAnotherThan(slow);
        Await.until("the slow one is closed", SOON, () -> !slow.isOpen());
        writeAndSee("after");
        assertThat(seen).containsExactly("before", "meanwhile", "after");
    }

    @Test
    void aListenConnectionThatIsCutWhileChangesFlowLosesNone() {
        List<String> written =
                IntStream.range(0, 60).mapToObj(i -> "change " + i).toList();
        for (int i = 0; i < written.size(); i++) {
            if (i % 20 == 10) {
                listening().cut();
            }
            insert(written.get(i));
        }
        Await.until("all changes", SOON, () -> seen.size() >= written.size());
        assertThat(seen).isEqualTo(written);
    }

    @Test
    void aNetworkThatIsGoneForAWhileLosesNothing() {
        writeAndSee("before");
        proxy.blackHole();
        insert("while it was gone");
        proxy.heal();
        proxy.refuse();
        proxy.cut();
        insert("while it was refused");
        proxy.heal();
        writeAndSee("after");
        assertThat(seen).containsExactly("before", "while it was gone", "while it was refused", "after");
    }

    private static List<String> watch(ChangeStreams streams, Datastore datastore) throws InterruptedException {
        CountDownLatch subscribed = new CountDownLatch(1);
        List<String> received = new CopyOnWriteArrayList<>();
        WatchOptions options = WatchOptions.builder()
                .onSubscribed(token -> subscribed.countDown())
                .build();
        streams.watch(datastore.healthEvents(), options)
                .subscribe(change -> received.add(change.after().event().nodeName()));
        assertThat(subscribed.await(30, TimeUnit.SECONDS)).isTrue();
        return received;
    }

    private void writeAndSee(String node) {
        insert(node);
        Await.until("the change " + node, SOON, () -> seen.contains(node));
    }

    private static boolean isSaid(ListAppender<ILoggingEvent> lines, String words) {
        synchronized (lines) {
            return lines.list.stream()
                    .anyMatch(line -> line.getFormattedMessage().contains(words));
        }
    }

    private static void insert(String node) {
        DATABASE.execute(
                "INSERT INTO health_events (data) VALUES ('{\"healthevent\":{\"nodeName\":\"" + node + "\"}}')");
    }

    private ProxiedConnection listening() {
        return connection(LISTENING);
    }

    /** The session of a broken connection remains on the server, and its end does not reach the proxy either. */
    private void awaitAnotherThan(ProxiedConnection lost) {
        Await.until(
                "another LISTEN connection",
                SOON,
                () -> connections(LISTENING),
                found -> found.stream().anyMatch(open -> open != lost));
    }

    private ProxiedConnection connection(String sessions) {
        List<ProxiedConnection> found = new ArrayList<>();
        Await.until(
                "one of the sessions",
                SOON,
                () -> {
                    found.addAll(connections(sessions));
                    return found.isEmpty() ? DATABASE.get().queryForStrings(ALL) : List.<String>of();
                },
                List::isEmpty);
        return found.get(0);
    }

    /** The open connections whose sessions were most recently active. */
    private List<ProxiedConnection> connections(String sessions) {
        List<String> ports = DATABASE.get().queryForStrings(sessions);
        return proxy.connections().stream()
                .filter(open -> ports.contains(Integer.toString(open.serverSidePort())))
                .toList();
    }
}
