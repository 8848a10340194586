// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.storm;

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
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The result of a storm in the database, and the errors in the changes that a consumer received. */
final class StormOracle {

    private static final String CHANGELOG = """
            SELECT id, table_name, record_id, operation, storm_stamp(coalesce(new_values, old_values))
            FROM datastore_changelog ORDER BY id""";
    private static final String MODEL = """
            SELECT CASE WHEN operation <> 'TRUNCATE' THEN record END, collection, operation, stamp, version
            FROM storm_model ORDER BY record, n""";
    private static final String TABLES = """
            SELECT id, 'health_events', storm_stamp(data) FROM health_events UNION ALL
            SELECT id, 'maintenance_events', storm_stamp(data) FROM maintenance_events""";

    private final List<Change> expected = new ArrayList<>();
    private final Map<Key, List<Written>> model = new HashMap<>();
    private final Map<Key, String> tables = new HashMap<>();

    StormOracle(TestDatabase database) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            try (ResultSet rows = statement.executeQuery(CHANGELOG)) {
                while (rows.next()) {
                    expected.add(change(rows));
                }
            }
            try (ResultSet rows = statement.executeQuery(MODEL)) {
                while (rows.next()) {
                    model.computeIfAbsent(key(rows), key -> new ArrayList<>())
                            .add(new Written(rows.getString(3), rows.getString(4), rows.getLong(5)));
                }
            }
            try (ResultSet rows = statement.executeQuery(TABLES)) {
                while (rows.next()) {
                    tables.put(key(rows), rows.getString(3));
                }
            }
        }
    }

    /** Of columns in the order id, collection, record, operation, stamp. */
    static Change change(ResultSet rows) throws SQLException {
        return new Change(rows.getLong(1), rows.getString(2), uuid(rows, 3), rows.getString(4), rows.getString(5));
    }

    private static Key key(ResultSet rows) throws SQLException {
        return new Key(rows.getString(2), uuid(rows, 1));
    }

    private static UUID uuid(ResultSet rows, int column) throws SQLException {
        return rows.getObject(column, UUID.class);
    }

    /** A record, or of a truncate the whole collection. */
    private record Key(String collection, @Nullable UUID record) {

        static Key of(Change change) {
            return new Key(change.collection(), change.record());
        }
    }

    /** One entry of the model. */
    private record Written(String operation, @Nullable String stamp, long version) {}

    int size() {
        return expected.size();
    }

    /** The last change of a collection. */
    long lastId(String collection) {
        return expected.stream()
                .filter(change -> change.collection().equals(collection))
                .mapToLong(Change::id)
                .max()
                .orElse(0);
    }

    List<Change> after(long position, String collection) {
        return expected.stream()
                .filter(change -> change.id() > position && change.collection().equals(collection))
                .toList();
    }

    /** Of a stream that was cut off somewhere. */
    static List<String> problemsOfBeginning(List<Change> wanted, List<Change> received) {
        return problems(wanted.subList(0, Math.min(received.size(), wanted.size())), received);
    }

    /** Of an uninterrupted stream; nothing if it is exactly what was wanted. */
    static List<String> problems(List<Change> wanted, List<Change> received) {
        if (received.equals(wanted)) {
            return List.of();
        }
        List<String> problems = new ArrayList<>();
        Set<Change> lost = new HashSet<>(wanted);
        received.forEach(lost::remove);
        if (!lost.isEmpty()) {
            problems.add("lost " + lost.size() + " of " + wanted.size() + ": "
                    + lost.stream().limit(3).toList());
        }
        Set<Change> seen = new HashSet<>();
        received.stream().filter(change -> !seen.add(change)).limit(3).forEach(c -> problems.add("twice " + c));
        Set<Change> known = new HashSet<>(wanted);
        received.stream().filter(c -> !known.contains(c)).limit(3).forEach(c -> problems.add("not expected " + c));
        if (problems.isEmpty()) {
            problems.add("out of order");
        }
        return problems;
    }

    /**
     * The errors in the changelog itself: each record's changes must be the changes of the model, in its order,
     * versions must follow from one another, and the last change must be what the table holds.
     */
    List<String> problemsOfChangelog() {
        return problemsOfRecords(expected);
    }

    /** The same for a consumer of every change of every collection. */
    List<String> problemsOfRecords(List<Change> received) {
        List<String> problems = new ArrayList<>();
        Map<Key, List<Change>> byRecord = new HashMap<>();
        Map<Key, String> last = new HashMap<>();
        for (Change change : received) {
            byRecord.computeIfAbsent(Key.of(change), key -> new ArrayList<>()).add(change);
            replay(change, last);
        }
        if (!byRecord.keySet().equals(model.keySet())) {
            problems.add(byRecord.size() + " records changed instead of " + model.size());
        }
        model.forEach((key, written) -> {
            problems.addAll(compare(written, byRecord.getOrDefault(key, List.of())));
            problems.addAll(problemsOfVersions(written));
        });
        if (!last.equals(tables)) {
            problems.add("the last changes are not what the tables hold");
        }
        return problems.stream().limit(5).toList();
    }

    private static void replay(Change change, Map<Key, String> last) {
        switch (change.operation()) {
            case "DELETE" -> last.remove(Key.of(change));
            case "TRUNCATE" -> last.keySet().removeIf(key -> key.collection().equals(change.collection()));
            default -> last.put(Key.of(change), String.valueOf(change.stamp()));
        }
    }

    private static List<String> compare(List<Written> written, List<Change> changes) {
        List<String> wanted = written.stream()
                .map(entry -> entry.operation() + " " + entry.stamp())
                .toList();
        List<String> found = changes.stream()
                .map(change -> change.operation() + " " + change.stamp())
                .toList();
        int same = 0;
        while (same < Math.min(wanted.size(), found.size()) && wanted.get(same).equals(found.get(same))) {
            same++;
        }
        return wanted.equals(found)
                ? List.of()
                : List.of("a record was written " + wanted.size() + " times and changed " + found.size()
                        + " times; the first difference is in "
                        + wanted.subList(same, Math.min(same + 3, wanted.size()))
                        + " against " + found.subList(same, Math.min(same + 3, found.size())));
    }

    private static List<String> problemsOfVersions(List<Written> written) {
        List<String> problems = new ArrayList<>();
        long version = 0;
        for (Written entry : written) {
            boolean follows = switch (entry.operation()) {
                case "INSERT" -> entry.version() == 1;
                case "UPDATE" -> entry.version() == version + 1;
                default -> entry.version() == version || entry.operation().equals("TRUNCATE");
            };
            if (!follows) {
                problems.add(entry + " follows version " + version);
            }
            version = entry.version();
        }
        return problems;
    }
}
