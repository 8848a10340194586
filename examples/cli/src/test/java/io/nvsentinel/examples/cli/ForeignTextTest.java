// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.hostile.FakeClient;
import io.nvsentinel.testserver.hostile.FakeServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What others wrote into the database, the configuration or the command line controls no terminal. */
class ForeignTextTest {

    /** An escape sequence, a carriage return, a line, C1, bidirectional controls, separators, and something invisible. */
    private static final List<String> CORPUS = List.of(
            "a\u001b[2J\u001b]0;title\u0007b",
            "a\rb",
            "a\nINFO forged",
            "a\u009b31mb",
            "a\u202eb\u2066c",
            "a\u2028b\u2029c",
            "a\u200b\ufeff\u00adb",
            "a\u007fb\bc");

    private TestDatabase database;

    @BeforeEach
    void create() {
        database = PostgresServer.shared().createDatabase(Databases.MIGRATED);
    }

    @AfterEach
    void drop() {
        database.drop();
    }

    @Test
    void namesAndMessagesInTheDatabaseDoNot() {
        assertThat(run("clients", "reset", "good", "--to", "now", "--create").exitCode())
                .isZero();
        for (int i = 0; i < CORPUS.size(); i++) {
            String text = literal(CORPUS.get(i));
            database.execute("INSERT INTO resume_tokens (client_name, owner, resume_token) SELECT " + text + ", " + text
                    + ", resume_token FROM resume_tokens WHERE client_name = 'good'");
            database.execute(
                    "INSERT INTO dead_letters (client_name, incarnation, position, xid, changed_at, table_name, operation,"
                            + " error_class, error_message, attempts) VALUES ('good', gen_random_uuid(), " + i
                            + ", 1, now(), "
                            + text + ", 'INSERT', " + text + ", " + text + ", 1)");
        }

        for (List<String> command : List.of(
                List.of("clients", "list"),
                List.of("clients", "list", "--json"),
                List.of("dead-letters", "list", "good"),
                List.of("dead-letters", "list", "good", "--json"),
                List.of("doctor"),
                List.of("doctor", "--json"))) {
            Run run = run(command.toArray(String[]::new));

            assertThat(run.out()).as(run.toString()).hasSizeGreaterThanOrEqualTo(1);
            assertSafe(run);
        }
        assertThat(run("clients", "list").out()).hasSize(2 + CORPUS.size());
    }

    @Test
    void aMalformedClientIsLeftOutAndTheOthersAreListed() {
        assertThat(run("clients", "reset", "good", "--to", "now", "--create").exitCode())
                .isZero();
        database.execute("INSERT INTO resume_tokens (client_name, resume_token) VALUES ('a-bad', '{\"position\": 1}'),"
                + " ('z-bad', '{\"position\": 1, \"incarnation\": 5}')");
        database.execute(
                "INSERT INTO dead_letters (client_name, incarnation, position, xid, changed_at, table_name, operation,"
                        + " error_class, attempts) SELECT 'good', gen_random_uuid(), n, 1, now(), 'health_events',"
                        + " CASE n WHEN 2 THEN 'MERGE' ELSE 'INSERT' END, 'E', 1 FROM generate_series(1, 3) AS n");

        Run clients = run("clients", "list");
        Run letters = run("dead-letters", "list", "good", "--json");

        assertThat(clients.out())
                .as(clients.toString())
                .hasSize(2)
                .last()
                .asString()
                .startsWith("good");
        assertThat(letters.out()).as(letters.toString()).hasSize(2);
    }

    /** With the causes, whose text is the server's. */
    @Test
    void aServersMessageDoesNotWhereverItIsPrinted() throws IOException {
        for (String text : CORPUS) {
            try (FakeServer server = FakeServer.of(client -> client.start()
                    .send('E', FakeClient.text("SFATAL", "CXX000", "M" + text, "D" + text, ""))
                    .silence())) {
                Run run = run(
                        "--verbose",
                        "lag",
                        "--url",
                        "postgresql://any@127.0.0.1:" + server.port() + "/any?sslmode=disable");

                assertThat(String.join("\n", run.err())).contains("    at io.nvsentinel");
                assertSafe(run);
            }
        }
    }

    @Test
    void argumentsInErrorsDoNot() {
        for (String text : CORPUS) {
            assertSafe(run("--" + text));
            assertSafe(run("clients", "reset", text, "--to", text));
            assertSafe(run("lag", "--database", text));
            assertSafe(run("lag", "--config", text));
            assertSafe(run("lag", "--sslmode", text));
            assertSafe(run("import-mongo", text, "--into", text, "--dry-run"));
        }
    }

    @Test
    void aSecretInAWrongPlaceIsNotRepeated() {
        String address = "postgresql://user:SECRET@db.example.com/nvsentinel";
        for (List<String> arguments : List.of(
                List.of("lag", "--pasword=SECRET"),
                List.of("lag", address),
                List.of("--url=" + address),
                List.of("lag", "--url", address + "?SECRET=1&sslmode=SECRET"),
                List.of("lag", "--url", "mysql://user:SECRET@db/x"),
                List.of("lag", "--url", "postgresql://user:SECRET@"),
                List.of("lag", "--url", "postgresql://user:SEC RET@db/SECRET"),
                List.of("lag", "--host", address),
                List.of("lag", "--sslmode", address),
                List.of("lag", "--port", address),
                List.of("lag", "--config", address),
                List.of("lag", "--certificates", address),
                List.of("import-mongo", address, "--into", "other", "--dry-run"),
                List.of("import-mongo", "-", "--into", address, "--dry-run"),
                List.of("doctor", "--host", address))) {
            Run run = Run.with(Map.of(), arguments.toArray(String[]::new));

            assertThat(run.toString())
                    .as(arguments.toString())
                    .doesNotContain("SECRET")
                    .doesNotContain("RET@");
        }
    }

    @Test
    void coloursAreThoseOfTheToolOnly() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Console console = new Console(
                InputStream.nullInputStream(),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(out, true, StandardCharsets.UTF_8),
                true,
                true);

        console.line(console.paint(Console.Colour.RED, "red \u001b[32m") + " \u001b[31m \ufdd01\ufdd0");
        console.status("50 %\u001b[2J");

        assertThat(out.toString(StandardCharsets.UTF_8))
                .startsWith("\u001b[31mred \\u001b[32m\u001b[0m \\u001b[31m \ufdd01\ufdd0")
                .endsWith("\r\u001b[K50 %\\u001b[2J");
    }

    private Run run(String... arguments) {
        Map<String, String> environment = new HashMap<>(Databases.environment(database));
        return Run.with(environment, arguments);
    }

    private static void assertSafe(Run run) {
        for (List<String> lines : List.of(run.out(), run.err())) {
            assertThat(lines)
                    .allSatisfy(line -> assertThat(line.codePoints()
                                    .filter(character -> switch (Character.getType(character)) {
                                        case Character.CONTROL,
                                                Character.FORMAT,
                                                Character.LINE_SEPARATOR,
                                                Character.PARAGRAPH_SEPARATOR -> true;
                                        default -> false;
                                    })
                                    .mapToObj(Integer::toHexString))
                            .as(line)
                            .isEmpty());
            assertThat(lines).noneMatch(line -> line.startsWith("INFO forged"));
        }
    }

    private static String literal(String text) {
        StringBuilder literal = new StringBuilder("U&'");
        text.chars().forEach(unit -> literal.append(String.format("\\%04x", unit)));
        return literal.append("'").toString();
    }
}
