// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Run;
import io.nvsentinel.testserver.PostgresDatabase;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImportMongoTest {

    private static final String TYPES = """
            {"_id":{"$oid":"1818e811892f902bd23f0824"},"far":{"$date":{"$numberLong":"253402300800000"}},\
            "old":{"$date":{"$numberLong":"-86400000"}},"i":{"$numberInt":"7"},"l":{"$numberLong":"9223372036854775807"},\
            "d":{"$numberDouble":"0.1"},"one":{"$numberDouble":"1.0"},"huge":{"$numberDouble":"1.7976931348623157E+308"},\
            "tiny":{"$numberDouble":"4.9E-324"},"nan":{"$numberDouble":"NaN"},"zero":{"$numberDouble":"-0.0"},\
            "m":{"$numberDecimal":"1.10"},"me":{"$numberDecimal":"1E+6144"},"bin":{"$binary":{"base64":"AAE=","subType":"00"}},\
            "uuid":{"$binary":{"base64":"ABEiM0RVZneImaq7zN3u/w==","subType":"04"}},"ts":{"$timestamp":{"t":1,"i":2}},\
            "re":{"$regularExpression":{"pattern":"\\\\d+\\n","options":"i"}},"min":{"$minKey":1},"max":{"$maxKey":1},\
            "text":"tab\\t \\"quotes\\" back\\\\slash \\u001f \\u00e9 \\ud83d\\ude00 \\u2028 /","":"empty key","\\u00e9":1,"zz":1,\
            "\\uffee":1,"\\ud83d\\ude00":1,"nested":[[{"b":{"$oid":"1818e811892f902bd23f0824"}}],[],{}]}
            """;

    @RegisterExtension
    static final PostgresDatabase database = PostgresDatabase.from(ImportDatabase.MIGRATED);

    @TempDir
    private Path directory;

    @BeforeEach
    void empty() {
        database.execute("DROP TABLE IF EXISTS other; DELETE FROM health_events; DELETE FROM maintenance_events");
        // In a separate transaction: deletions are captured at the commit.
        database.execute("SET nvsentinel.retention = 'on'; DELETE FROM datastore_changelog");
    }

    /** What the server prints of the stored document is what was checked, so a row that is equal is equal in everything. */
    @Test
    void storesEveryTypeAndFindsItsChecksumEqual() {
        Run run = importing(stream(TYPES), "-", "--into", "other");
        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
        assertCounts(run, 1, 1, 0, 0);
        assertThat(run.text()).contains("all are equal").contains("SELECT data->>'id', data->>'timestamp' FROM");
        assertThat(value("SELECT id FROM other")).isEqualTo("1818e811-892f-8902-8bd2-3f08246f6964");
        assertThat(value("SELECT data->>'far' || (data->>'old') || (data->>'l') || "
                        + "(data->>'one') || (data->>'m') FROM other"))
                .isEqualTo("{\"$date\": {\"$numberLong\": \"253402300800000\"}}1969-12-31T00:00:00.000Z"
                        + "92233720368547758071.01.10");
        assertThat(value("SELECT (data->>'huge')::float8::text || ' ' || (data->>'tiny')::float8 FROM other"))
                .isEqualTo("1.7976931348623157e+308 5e-324");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lines", "list", "pretty", "gzip", "two gzip members through a pipe"})
    void readsEveryForm(String form) {
        String text = resource("maintenance_events.json");
        InputStream in = switch (form) {
            case "list" -> stream("[" + text.strip().replace("\n", ",\n") + "]\n");
            case "pretty" ->
                stream(text.replace(",\"", ",\n\t\"")
                        .replace("{\"_id\"", "{\n\t\"_id\"")
                        .replace("}\n", "\n}\n"));
            case "gzip" -> new ByteArrayInputStream(gzip(text));
            case "two gzip members through a pipe" -> pipe(gzip(half(text, 0)), gzip(half(text, 1)));
            default -> stream(text);
        };
        Run run = importing(in, "-", "--into", "maintenance-events");
        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
        assertCounts(run, 120, 120, 0, 0);
        assertThat(count("maintenance_events WHERE status IS NOT NULL AND event_received_timestamp IS NOT NULL"))
                .isEqualTo(120);
        // Maintenance events do not contain their creation time; their ObjectIds do.
        assertThat(value("SELECT created_at FROM maintenance_events WHERE event_id = 'aws-evt-000000'"))
                .startsWith(Instant.ofEpochSecond(0xb46ee1daL)
                        .toString()
                        .replace("T", " ")
                        .replace("Z", ""));
    }

    @Test
    void readsAFileAndTheLibraryReadsWhatIsStored() {
        Run run = importing("health_events.json");
        assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.OK);
        withDatastore(datastore -> {
            assertThat(datastore.healthEvents().count(Filter.all()).block()).isEqualTo(600);
            HealthEventDocument first = datastore
                    .healthEvents()
                    .findById(UUID.fromString("1818e811-892f-8902-8bd2-3f08246f6964"))
                    .block()
                    .document();
            assertThat(first.createdAt()).isEqualTo("2026-10-17T02:20:51.128Z");
            assertThat(first.event().nodeName()).isEqualTo("gpu-node-0099");
            assertThat(first.event().isFatal()).isTrue();
            assertThat(datastore.healthEvents().find(Filter.all()).count().block())
                    .isEqualTo(600);
        });
    }

    @Test
    void storesNothingTwiceAndTouchesNothingThatIsThere() {
        importing("health_events.json");
        String versions = value("SELECT md5(string_agg(ctid::text || version, ',' ORDER BY id)) FROM health_events");
        Run again = importing("health_events.json");
        assertThat(again.exitCode()).isEqualTo(ExitCode.OK);
        assertCounts(again, 600, 0, 600, 0);
        assertThat(value("SELECT md5(string_agg(ctid::text || version, ',' ORDER BY id)) FROM health_events"))
                .isEqualTo(versions);
    }

    /** Both forms of one export are one set of records. */
    @Test
    void knowsRelaxedDocumentsAgainInCanonicalForm() {
        String relaxed = "{\"_id\":5,\"d\":{\"$date\":\"2026-10-17T02:20:51.128Z\"},\"x\":1.0,\"n\":3}\n";
        String canonical = "{\"_id\":{\"$numberInt\":\"5\"},\"d\":{\"$date\":{\"$numberLong\":\"1792203651128\"}},"
                + "\"x\":{\"$numberDouble\":\"1.0\"},\"n\":{\"$numberLong\":\"3\"}}\n";
        assertCounts(importing(stream(relaxed), "-", "--into", "other"), 1, 1, 0, 0);
        Run run = importing(stream(canonical), "-", "--into", "other");
        assertCounts(run, 1, 0, 1, 0);
        assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
    }

    @Test
    void goesOnAfterASourceThatWasCutOff() {
        byte[] whole = resource("health_events.json").getBytes(StandardCharsets.UTF_8);
        Run cut = importing(
                new ByteArrayInputStream(gzip(whole), 0, 30_000), "-", "--into", "health_events", "--batch-size", "50");
        assertThat(cut.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(cut.err())
                .singleElement()
                .asString()
                .contains("standard input cannot be read completely")
                .contains("the documents before this point are stored")
                .contains("to continue");
        long stored = count("health_events");
        assertThat(stored).isBetween(100L, 599L);
        Run rest = importing("health_events.json", "--batch-size", "50");
        assertThat(rest.exitCode()).as(rest.toString()).isEqualTo(ExitCode.OK);
        assertCounts(rest, 600, 600 - stored, stored, 0);
    }

    @Test
    void rejectsBadLinesWithTheirReasonAndStoresTheRest() throws IOException {
        String deep = "9".repeat(60);
        String text = "{\"_id\":1}\n{\"_id\":2,\n{\"v\":3}\nno "
                + "json\n{\"_id\":{\"$oid\":\"x\"}}\n{\"_id\":6,\"t\":\"\\u0000\"}\n{\"_id\":7}\n"
                + "{\"_id\":8,\"d\":{\"$numberInt\":\"" + deep + "\"}}\n{\"_id\":9}\n";
        Run run = importing(
                stream(text), "-", "--into", "other", "--rejects", rejects().toString());
        assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
        assertCounts(run, 9, 3, 0, 6);
        assertThat(run.text()).contains(rejects().toString()).contains("all are equal");
        List<String> lines = Files.readAllLines(rejects());
        assertThat(lines).hasSize(6);
        assertThat(lines.get(0))
                .startsWith("{\"line\": 2, \"reason\": \"not valid JSON")
                .endsWith("\"document\": \"{\\\"_id\\\":2,\"}");
        assertThat(lines.get(1)).contains("\"line\": 3").contains("it has no _id");
        assertThat(lines.get(3)).contains("\"line\": 5").contains("_id: $oid must be 24 hexadecimal digits");
        assertThat(lines.get(5)).contains("\"line\": 8").contains("d: $numberInt must be an integer from");
    }

    /** An index that cannot hold a value is only known to the server, and only in the middle of a batch. */
    @Test
    void findsTheOneDocumentOfABatchThatTheServerRefuses() throws IOException {
        database.execute("SELECT nvsentinel_create_collection('other');"
                + " ALTER TABLE other ADD CONSTRAINT small CHECK ((data->>'n')::int <> 57)");
        String text = IntStream.range(0, 100)
                .mapToObj(n -> "{\"_id\":" + n + ",\"n\":" + n + "}\n")
                .collect(Collectors.joining());
        Run run = importing(
                stream(text), "-", "--into", "other", "--rejects", rejects().toString());
        assertCounts(run, 100, 99, 0, 1);
        assertThat(Files.readString(rejects()))
                .contains("\"line\": 58")
                .contains("\\\"small\\\" (SQLSTATE 23514)")
                .doesNotContain("Failing row");
    }

    @Test
    void rejectsASecondRecordOfOneKey() throws IOException {
        String text =
                "{\"_id\":1,\"eventId\":\"e\",\"csp\":\"aws\"}\n{\"_id\":2,\"eventId\":\"e\",\"csp\":\"gcp\"}\n{\"_id\":3}\n";
        Run run = importing(
                stream(text),
                "-",
                "--into",
                "maintenance_events",
                "--rejects",
                rejects().toString());
        assertCounts(run, 3, 1, 0, 2);
        assertThat(value("SELECT csp FROM maintenance_events")).isEqualTo("aws");
        assertThat(Files.readString(rejects()))
                .contains("no eventId that is a string")
                .contains("\"line\": 2, \"reason\": \"another record has the same eventId or idempotency key");
    }

    @Test
    void rejectsHealthEventsThatTheLibraryCouldNotRead() throws IOException {
        String text = "{\"_id\":1,\"healthevent\":{\"nodename\":\"n\",\"isfatal\":\"maybe\"}}\n{\"_id\":2,\"a\":1}\n";
        Run run = importing(
                stream(text),
                "-",
                "--into",
                "health_events",
                "--rejects",
                rejects().toString());
        assertCounts(run, 2, 0, 0, 2);
        assertThat(Files.readString(rejects())).contains("isFatal").doesNotContain("no _id");
        assertThat(count("health_events")).isZero();
    }

    @Test
    void stopsAtTheFirstRejectedDocumentIfAsked() {
        String text = "{\"_id\":1}\nno json\n{\"_id\":3}\n{\"_id\":4}\n{\"_id\":5}\n";
        Run run = importing(
                stream(text),
                "-",
                "--into",
                "other",
                "--stop-on-error",
                "--batch-size",
                "2",
                "--rejects",
                rejects().toString());
        assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
        assertCounts(run, 2, 1, 0, 1);
        assertThat(count("other")).isEqualTo(1);
    }

    @Test
    void aDryRunConnectsToNothingAndReportsTheSame() {
        String text = "{\"_id\":1}\nno json\n";
        Run run = Run.with(
                Map.of(),
                stream(text),
                "import-mongo",
                "-",
                "--into",
                "other",
                "--dry-run",
                "--rejects",
                rejects().toString());
        assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(run.text())
                .contains("stored nothing")
                .containsPattern("convertible +1\\b")
                .containsPattern("rejected +1\\b")
                .contains("  line 2: not valid JSON");
        assertThat(rejects()).doesNotExist();
        assertThat(value("SELECT to_regclass('other')")).isNull();
    }

    @Test
    void findsARecordThatWasManipulatedAndOneThatWasRemoved() {
        importing("health_events.json");
        database.execute("UPDATE health_events SET data = jsonb_set(data, '{healthevent,message}', '\"another\"')"
                + " WHERE id = '1818e811-892f-8902-8bd2-3f08246f6964'");
        Run run = importing("health_events.json");
        assertThat(run.exitCode()).isEqualTo(ExitCode.FINDING);
        assertThat(run.text())
                .contains("not all are equal")
                .contains("line 1: record 1818e811-892f-8902-8bd2-3f08246f6964 differs from the source")
                .containsPattern("equal +599\\b")
                .containsPattern("different +1\\b");
        // What differs is not overwritten: it may have been changed by an application of the new database.
        assertThat(value("SELECT data #>> '{healthevent,message}' FROM health_events"
                        + " WHERE id = '1818e811-892f-8902-8bd2-3f08246f6964'"))
                .isEqualTo("another");
    }

    @Test
    void changeStreamsSeeImportedDocumentsOnlyIfAsked() {
        importing("health_events.json");
        assertThat(count("datastore_changelog")).isZero();
        Run run = importing(
                stream(resource("maintenance_events.json")), "-", "--into", "maintenance_events", "--capture");
        assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(count("datastore_changelog WHERE operation = 'INSERT' AND table_name = 'maintenance_events'"))
                .isEqualTo(120);
        assertThat(captureState()).isEqualTo("A");
    }

    private static void withDatastore(Consumer<Datastore> work) {
        Datastore datastore = Datastore.connect(
                        ImportDatabase.options(database.get()).build())
                .block();
        try {
            work.accept(datastore);
        } finally {
            datastore.close().block();
        }
    }

    static String captureState() {
        return value("SELECT DISTINCT tgenabled FROM pg_trigger WHERE tgname IN ('nvsentinel_capture', "
                + "'nvsentinel_capture_truncate')");
    }

    private Run importing(String resource, String... more) {
        Path file = directory.resolve(resource);
        try {
            Files.writeString(file, resource(resource));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String[] arguments = IntStream.range(0, more.length + 3)
                .mapToObj(i -> i == 0 ? file.toString() : i == 1 ? "--into" : i == 2 ? "health_events" : more[i - 3])
                .toArray(String[]::new);
        return ImportDatabase.run(database.get(), InputStream.nullInputStream(), arguments);
    }

    private static Run importing(InputStream in, String... arguments) {
        return ImportDatabase.run(database.get(), in, arguments);
    }

    private Path rejects() {
        return directory.resolve("rejects.jsonl");
    }

    private static void assertCounts(Run run, long read, long stored, long present, long rejected) {
        assertThat(run.text())
                .containsPattern("(?m)^  read +" + read + "$")
                .containsPattern("(?m)^  stored +" + stored + "$")
                .containsPattern("(?m)^  already there +" + present + "$")
                .containsPattern("(?m)^  rejected +" + rejected + "$");
    }

    private static String value(String sql) {
        return database.queryForString(sql);
    }

    private static long count(String fromWhere) {
        return Long.parseLong(value("SELECT count(*) FROM " + fromWhere));
    }

    private static InputStream stream(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }

    /** The first or second half of the lines. */
    private static String half(String text, int which) {
        List<String> lines = text.lines().toList();
        int middle = lines.size() / 2;
        return String.join("\n", which == 0 ? lines.subList(0, middle) : lines.subList(middle, lines.size())) + "\n";
    }

    /** Reports for each part that nothing is available, like a pipe with a slow writer. */
    private static InputStream pipe(byte[] one, byte[] other) {
        return new SequenceInputStream(new ByteArrayInputStream(one), new ByteArrayInputStream(other)) {
            @Override
            public int available() {
                return 0;
            }
        };
    }

    private static byte[] gzip(String text) {
        return gzip(text.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] gzip(byte[] bytes) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    static String resource(String name) {
        try (InputStream in = ImportMongoTest.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
