// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.SslMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;

/** What the library logs while a stream goes through its states: one line for each change of state, and nothing else. */
class LoggingTest {

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final TestCertificates CA = TestCertificates.create();
    private static final Path ROOT =
            Path.of(System.getProperty("basedir", "")).toAbsolutePath().getParent();
    private static final Logger OURS = (Logger) LoggerFactory.getLogger("io.nvsentinel");

    @TempDir
    Path mount;

    private final Lines lines = new Lines();
    private final List<ChangeEvent<HealthEventDocument>> received = new CopyOnWriteArrayList<>();
    private final AtomicReference<Throwable> ended = new AtomicReference<>();
    private Level before;

    /** Everything above TRACE; what is for developers apart. */
    private static final class Lines extends AppenderBase<ILoggingEvent> {

        private final List<String> all = new CopyOnWriteArrayList<>();
        private final List<String> debug = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent event) {
            String logger = event.getLoggerName().replace("io.nvsentinel.", "");
            String line = event.getLevel() + " " + logger + " " + event.getFormattedMessage();
            assertThat(line).doesNotContain("s3cret");
            if (event.getLevel().isGreaterOrEqual(Level.INFO)) {
                all.add(line);
            } else if (event.getLevel() == Level.DEBUG) {
                debug.add(line);
            }
        }

        /** Waits for a line, removes it, and returns it. */
        String next(String beginning) {
            String line = Await.until(
                    "the line " + beginning,
                    SOON,
                    () -> all.stream()
                            .filter(text -> text.startsWith(beginning))
                            .findFirst()
                            .orElse(""),
                    text -> !text.isEmpty());
            all.remove(line);
            return line;
        }
    }

    @BeforeEach
    void hear() {
        before = OURS.getLevel();
        OURS.setLevel(Level.TRACE);
        OURS.setAdditive(false);
        lines.start();
        OURS.addAppender(lines);
    }

    @AfterEach
    void stopHearing() {
        OURS.detachAppender(lines);
        OURS.setAdditive(true);
        OURS.setLevel(before);
    }

    @Test
    void oneLineForEachChangeOfState() throws Exception {
        CA.client("app").issue().writeSecret(mount);
        try (EmbeddedServer server = PostgresServer.embedded()
                .tls(TlsMaterial.of(CA.server("localhost").issue()))
                .certificateUser("app")
                .start()) {
            TestDatabase database = server.createDatabase(Databases.MIGRATED);
            database.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO app;"
                    + " GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app");
            // Before version 15 every user may create objects there, and connecting logs a warning.
            database.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
            lines.all.clear();
            Datastore datastore = Datastore.connect(options(database)).block(SOON);
            ChangeStreams streams = ChangeStreams.of(datastore);
            try {
                walk(server, database, datastore, streams);
            } finally {
                streams.close().block(SOON);
                datastore.close().block(SOON);
            }
            assertThat(lines.all).as("unexpected lines").isEmpty();
        }
    }

    private DatastoreOptions options(TestDatabase database) {
        return DatastoreOptions.builder()
                .host("localhost")
                .port(database.port())
                .database(database.name())
                .username("app")
                .certificates(mount)
                .sslMode(SslMode.VERIFY_FULL)
                .sslReloadInterval(Duration.ofMillis(100))
                .schemaMode(SchemaMode.NONE)
                .build();
    }

    private void walk(EmbeddedServer server, TestDatabase database, Datastore datastore, ChangeStreams streams)
            throws Exception {
        assertThat(lines.next("INFO tls.TlsContext TLS configured: sslmode=verify-full"))
                .contains("CN=app");
        assertThat(lines.next("INFO datastore.connection Connected to localhost:"))
                .endsWith("/" + database.name() + " as app, at most "
                        + datastore.options().maxConnections() + " connections");

        Disposable watch = streams.watch(
                        datastore.healthEvents(),
                        WatchOptions.builder().clientName("drainer").build())
                .doOnNext(received::add)
                .doOnNext(ChangeEvent::acknowledge)
                .subscribe(change -> {}, ended::set);
        lines.next("INFO changestream.listening Listening for notifications: writers wake idle change streams");

        events(database, 200);
        assertThat(lines.all).as("lines about single changes").isEmpty();
        assertThat(lines.debug).as("lines about single changes").isEmpty();

        CA.client("app").issue().writeSecret(mount);
        assertThat(lines.next("INFO tls.TlsContext Certificate files changed; new connections use them"))
                .contains("CN=app");

        hold(database);

        server.stop();
        lines.next("WARN changestream.listening Listening for notifications failed; changes are found "
                + "by polling until it is restored");
        lines.next("WARN changestream.tail Changelog could not be read; trying again");
        server.restart();
        lines.next("INFO changestream.tail Changelog is available again after ");
        lines.next("INFO changestream.listening Listening for notifications: writers wake idle change streams");
        events(database, 1);

        streams.clients().delete("drainer").block(SOON);
        assertThat(lines.next("WARN changestream.watch Watch closed: client=\"drainer\" was opened by another process"))
                .isNotEmpty();
        Await.until("the end", SOON, () -> ended.get() instanceof ClientFencedException);
        assertThat(watch.isDisposed()).isTrue();
    }

    private void hold(TestDatabase database) throws Exception {
        try (Connection holder = database.connect();
                Statement statement = holder.createStatement()) {
            holder.setAutoCommit(false);
            statement.execute("SET application_name = 'the slow one'; SET CONSTRAINTS ALL IMMEDIATE");
            statement.execute("INSERT INTO health_events (data) VALUES ('{}')");
            database.execute("INSERT INTO health_events (data) VALUES ('{}')");
            assertThat(lines.next("WARN changestream.gaps Change stream is blocked: changes after position"))
                    .contains("the slow one");
            holder.rollback();
        }
        lines.next("INFO changestream.gaps Blocking transactions have ended: changes after position ");
    }

    private void events(TestDatabase database, int count) {
        int seen = received.size();
        database.execute("INSERT INTO health_events (data) SELECT '{\"healthevent\": {\"nodeName\": \"s3cret\"}}'"
                + " FROM generate_series(1, " + count + ")");
        Await.until("the changes", SOON, () -> received.size() == seen + count);
    }

    @Test
    void theGuideListsEveryLogger() throws IOException {
        Set<String> used = new TreeSet<>();
        Pattern named = Pattern.compile("getLogger\\((\"[a-z.]+\"|[A-Za-z]+\\.class)\\)");
        for (String module : List.of("tls", "core", "changestream", "integrations/spring-boot-starter")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    Matcher logger = named.matcher(Files.readString(file));
                    while (logger.find()) {
                        used.add(logger.group(1)
                                .replace("\"", "")
                                .replace("TlsContext.class", "io.nvsentinel.tls.TlsContext"));
                    }
                }
            }
        }
        String guide = Files.readString(ROOT.resolve("docs/operations.md"));
        String table = guide.substring(guide.indexOf("<!-- loggers -->"));
        List<String> listed = table.substring(0, table.indexOf("<!-- /loggers -->"))
                .lines()
                .filter(line -> line.startsWith("| `"))
                .map(line -> line.split("`")[1])
                .toList();
        assertThat(listed).containsExactlyElementsOf(used);
    }
}
