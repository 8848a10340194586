// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.testserver.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a storm left in the database, and what is wrong with what a consumer received of it. */
final class StormOracle {

    private final List<Change> expected = new ArrayList<>();
    private final Map<String, String> table = new HashMap<>();

    StormOracle(TestDatabase database) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            try (ResultSet rows = statement.executeQuery("SELECT id, record_id, operation,"
                    + " coalesce(new_values, old_values)->>'version' FROM datastore_changelog ORDER BY id")) {
                while (rows.next()) {
                    expected.add(new Change(rows.getLong(1), rows.getString(2), rows.getString(3), rows.getString(4)));
                }
            }
            try (ResultSet rows = statement.executeQuery("SELECT id, data->>'version' FROM health_events")) {
                while (rows.next()) {
                    table.put(rows.getString(1), rows.getString(2));
                }
            }
        }
    }

    /** A change; of a delete, the version is the one that was deleted. */
    record Change(
            long id,
            @Nullable String record,
            String operation,
            @Nullable String version) {

        static Change of(ChangeEvent<io.nvsentinel.datastore.model.HealthEventDocument> event) {
            var document = event.document() == null ? event.before() : event.document();
            return new Change(
                    event.resumeToken().position().id(),
                    String.valueOf(event.recordId()),
                    event.operation().name(),
                    document == null ? null : document.event().nodeName());
        }
    }

    int size() {
        return expected.size();
    }

    long lastId() {
        return expected.isEmpty() ? 0 : expected.get(expected.size() - 1).id();
    }

    List<Change> after(long position) {
        return expected.stream().filter(change -> change.id() > position).toList();
    }

    List<Long> idsUpTo(long position) {
        return expected.stream().map(Change::id).filter(id -> id <= position).toList();
    }

    /** Of an uninterrupted stream from a position; nothing if it is exactly what was committed behind it. */
    List<String> problems(long start, List<Change> received) {
        return problems(after(start), received);
    }

    /** Of a stream that was cut off somewhere. */
    List<String> problemsOfBeginning(long start, List<Change> received) {
        List<Change> all = after(start);
        return problems(all.subList(0, Math.min(received.size(), all.size())), received);
    }

    private static List<String> problems(List<Change> wanted, List<Change> received) {
        List<String> problems = new ArrayList<>();
        Set<Change> lost = new HashSet<>(wanted);
        received.forEach(lost::remove);
        if (!lost.isEmpty()) {
            problems.add("lost " + lost.size() + ": " + lost.stream().limit(3).toList());
        }
        Set<Change> seen = new HashSet<>();
        received.stream().filter(change -> !seen.add(change)).limit(3).forEach(c -> problems.add("twice " + c));
        Set<Change> known = new HashSet<>(wanted);
        received.stream().filter(c -> !known.contains(c)).limit(3).forEach(c -> problems.add("not expected " + c));
        if (problems.isEmpty() && !received.equals(wanted)) {
            problems.add("out of order");
        }
        return problems;
    }

    /** Each record's versions must follow from one another, and its last change must be what the table holds. */
    List<String> problemsOfRecords(List<Change> received) {
        List<String> problems = new ArrayList<>();
        Map<String, Change> last = new HashMap<>();
        for (Change change : received) {
            String before = last.containsKey(change.record()) ? state(last.get(change.record())) : "0";
            if (!before.equals(stateBefore(change))) {
                problems.add(change + " does not follow version " + before);
            }
            last.put(change.record(), change);
        }
        Map<String, String> result = new HashMap<>();
        last.forEach((record, change) -> result.put(record, state(change)));
        result.values().removeIf("0"::equals);
        if (!result.equals(table)) {
            problems.add("the last changes are " + result + ", but the table holds " + table);
        }
        return problems;
    }

    /** The version after a change; 0 stands for no record. */
    private static String state(Change change) {
        return change.operation().equals("DELETE") ? "0" : String.valueOf(change.version());
    }

    private static String stateBefore(Change change) {
        long version = Long.parseLong(String.valueOf(change.version()));
        return Long.toString(change.operation().equals("DELETE") ? version : version - 1);
    }
}
