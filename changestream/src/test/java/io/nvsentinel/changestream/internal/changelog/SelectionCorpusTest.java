// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.changestream.Databases;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.testserver.PostgresDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The server and the memory give the same verdict on every change, for generated filters over generated changes that were
 * really made. A failure names its seed; {@code -Dcorpus.seed=…} runs it again.
 */
@Tag("essential")
class SelectionCorpusTest {

    private static final int CHANGES = 120;
    private static final int FILTERS = 250;
    private static final Map<String, FieldMap> KNOWN =
            Map.of("health_events", FieldMap.HEALTH_EVENTS, "maintenance_events", FieldMap.MAINTENANCE_EVENTS);

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private final JsonCodec json = JsonCodec.jackson3();
    private Datastore datastore;
    private ChangelogReader reader;
    private long start;

    @BeforeEach
    void open() {
        DATABASE.execute("TRUNCATE health_events, maintenance_events");
        start = Long.parseLong(DATABASE.get()
                .queryForStrings("SELECT max(id)::text FROM datastore_changelog")
                .get(0));
        datastore = Databases.connect(DATABASE.get());
        reader = new ChangelogReader(((DefaultDatastore) datastore).connections(), 10_000, 64L << 20, 64L << 20);
    }

    @AfterEach
    void close() {
        datastore.close().block();
    }

    @Test
    void bothGiveTheSameVerdict() throws Exception {
        long seed = Long.getLong("corpus.seed", System.nanoTime());
        ChangeCorpus corpus = new ChangeCorpus(seed);
        for (int i = 0; i < CHANGES; i++) {
            change(i, json.writeTree(corpus.document()), json.writeTree(corpus.document()));
        }
        DATABASE.execute("TRUNCATE maintenance_events");
        List<ChangelogRow> rows = read(new Selection(Filter.all(), KNOWN, FieldMap.GENERIC));
        long judged = 0;
        long matched = 0;
        for (int i = 0; i < FILTERS; i++) {
            Filter filter = corpus.filter(0);
            Selection selection = new Selection(filter, KNOWN, FieldMap.GENERIC);
            List<Long> byServer = read(selection).stream()
                    .filter(ChangelogRow::read)
                    .map(ChangelogRow::id)
                    .toList();
            List<Long> inMemory = rows.stream()
                    .filter(row -> selection.includes(row, json))
                    .map(ChangelogRow::id)
                    .toList();
            assertThat(byServer).as("seed " + seed + ": " + filter).isEqualTo(inMemory);
            judged += rows.size();
            matched += inMemory.size();
        }
        assertThat(matched)
                .as("seed " + seed + ": both verdicts have to be common for the corpus to mean anything")
                .isBetween(judged / 20, judged * 19 / 20);
    }

    @Test
    void whatNobodyWantsComesWithoutDocuments() throws Exception {
        for (int i = 0; i < 4; i++) {
            change(i, bytes("{\"a\": 1}"), bytes("{\"a\": 2}"));
        }
        Selection deletes = new Selection(Filter.eq("operationType", "delete"), KNOWN, null);
        assertThat(read(deletes)).allSatisfy(row -> {
            assertThat(row.read()).isEqualTo(row.before() != null && row.after() == null);
            assertThat(row.bytes() > 0).isEqualTo(row.read());
        });
    }

    @Test
    void aFilterOnTheDifferenceIsNotPushedNotEvenInPart() throws Exception {
        change(2, bytes("{\"a\": 1}"), bytes("{\"a\": 2}"));
        Selection selection = new Selection(
                Filter.and(Filter.eq("operationType", "update"), Filter.eq("updateDescription.updatedFields.a", 2)),
                KNOWN,
                null);
        List<ChangelogRow> rows = read(selection);
        assertThat(rows).allSatisfy(row -> assertThat(row.read()).isTrue());
        assertThat(rows.stream().filter(row -> selection.includes(row, json))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"document.a", "a", "fullDoc", "updateDescription.a", "ns.db", "clusterTime", "operationType.a"})
    void refusesAPathThatIsNoPartOfAChange(String path) {
        assertThatThrownBy(() -> new Selection(Filter.eq(path, 1), KNOWN, null))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining(path)
                .hasMessageContaining("fullDocument");
    }

    @Test
    void refusesByNameWhatOnlyTheServerCanEvaluate() {
        assertThatThrownBy(() -> new Selection(Filter.text("x"), KNOWN, null)).hasMessageContaining("text");
        assertThatThrownBy(() -> new Selection(Filter.not(Filter.jsonPath("$.a")), KNOWN, null))
                .hasMessageContaining("jsonPath");
    }

    private List<ChangelogRow> read(Selection selection) {
        return reader.settled(ChangelogRows.point(start), ChangelogRows.point(Long.MAX_VALUE), selection)
                .block(Duration.ofSeconds(20))
                .rows();
    }

    /** Inserts; updates two of three; deletes every third. */
    private static void change(int number, byte[] first, byte[] second) throws Exception {
        String table = number % 2 == 0 ? "health_events" : "maintenance_events";
        String id = "00000000-0000-0000-0000-00000000".replaceFirst("0", Integer.toHexString(number % 16))
                + String.format("%04x", number);
        // A maintenance event must have one.
        String data = "CAST(? AS jsonb) || '{\"eventId\":\"" + number + "\"}'";
        try (Connection connection = DATABASE.connect()) {
            run(connection, "INSERT INTO " + table + " (data, id) VALUES (" + data + ", CAST(? AS uuid))", first, id);
            if (number % 3 != 0) {
                run(connection, "UPDATE " + table + " SET data = " + data + " WHERE id = CAST(? AS uuid)", second, id);
            }
            if (number % 3 != 1) {
                run(connection, "DELETE FROM " + table + " WHERE ? IS NOT NULL AND id = CAST(? AS uuid)", second, id);
            }
        }
    }

    private static void run(Connection connection, String sql, byte[] document, String id) throws Exception {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, new String(document, StandardCharsets.UTF_8));
            statement.setString(2, id);
            statement.executeUpdate();
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
