// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the paths of filters and updates mean in one collection: which are columns, which have several stored spellings,
 * and the expression of the document. Immutable.
 *
 * <p>A mirrored column is used only if it gives the same result as the document. That rests on how the schema generates
 * it, over exactly the paths, in the order, of {@link Field.Document#paths()}: by
 * {@code nvsentinel_text(data #> path1, data #> path2, …)}, which takes the first value that is not null and gives null
 * if that is anything but a string, or by {@code nvsentinel_instant(coalesce(nullif(data #> path1, 'null'), nullif(data
 * #> path2, 'null'), …))}.
 */
public sealed class FieldMap permits ChangeFieldMap {

    private static final Map<String, RecordColumn> COLUMNS = Map.of(
            "id", RecordColumn.ID,
            "_id", RecordColumn.ID,
            "created_at", RecordColumn.CREATED_AT,
            "updated_at", RecordColumn.UPDATED_AT);

    private static final Map<String, RecordColumn> EVENT_COLUMNS = Map.of(
            "id", RecordColumn.ID,
            "_id", RecordColumn.ID,
            "created_at", RecordColumn.CREATED_AT,
            "createdat", RecordColumn.CREATED_AT,
            "updated_at", RecordColumn.UPDATED_AT,
            "updatedat", RecordColumn.UPDATED_AT);

    private static final Map<RecordColumn, String> IN_TABLE = Map.of(
            RecordColumn.ID, "\"id\"",
            RecordColumn.CREATED_AT, "\"created_at\"",
            RecordColumn.UPDATED_AT, "\"updated_at\"");

    /** Table {@code health_events}. */
    public static final FieldMap HEALTH_EVENTS = new FieldMap(
            new Names(KnownNames.HEALTH_EVENT, KnownNames.HEALTH_EVENT_ALIASES, EVENT_COLUMNS), Source.TABLE);

    /** Table {@code maintenance_events}. */
    public static final FieldMap MAINTENANCE_EVENTS = new FieldMap(
            new Names(KnownNames.MAINTENANCE_EVENT, KnownNames.MAINTENANCE_EVENT_ALIASES, EVENT_COLUMNS), Source.TABLE);

    /** Any other collection: every name is taken as it is, but for the record's own columns. */
    public static final FieldMap GENERIC = new FieldMap(new Names(KnownName.UNKNOWN, Map.of(), COLUMNS), Source.TABLE);

    /** Documents that a query made: every name is taken as it is, and there are no columns but the document's. */
    public static final FieldMap MADE =
            new FieldMap(new Names(KnownName.UNKNOWN, Map.of(), Map.of()), new Source("\"data\"", false, Map.of()));

    private static final Map<String, FieldMap> EVENTS =
            Map.of("health_events", HEALTH_EVENTS, "maintenance_events", MAINTENANCE_EVENTS);

    private static final Pattern COLUMN = Pattern.compile("[a-z_][a-z0-9_]*(\\.[a-z_][a-z0-9_]*)?");

    private final Names names;
    private final Source source;

    private FieldMap(Names names, Source source) {
        this.names = names;
        this.source = source;
    }

    /**
     * The names in a collection.
     *
     * @param collection its name
     * @return the map
     */
    public static FieldMap of(String collection) {
        return EVENTS.getOrDefault(collection, GENERIC);
    }

    /** For a map that resolves paths differently. */
    FieldMap(String document) {
        this(new Names(KnownName.UNKNOWN, Map.of(), Map.of()), new Source(document, false, Map.of()));
    }

    private record Names(KnownName root, Map<String, FieldPath> aliases, Map<String, RecordColumn> columns) {}

    private record Source(String document, boolean mirrored, Map<RecordColumn, String> columns) {
        static final Source TABLE = new Source("\"data\"", true, IN_TABLE);
    }

    /**
     * The same names over another column that holds the documents, without mirror columns, creation and change times.
     *
     * @param document a column of type {@code jsonb}, lower-case, possibly with its table's alias before a dot
     * @param id the column that holds the record's id, or null if there is none
     * @return the map
     */
    public FieldMap over(String document, @Nullable String id) {
        Map<RecordColumn, String> columns = id == null ? Map.of() : Map.of(RecordColumn.ID, quote(id));
        return new FieldMap(names, new Source(quote(document), false, columns));
    }

    /**
     * The same names over a row that is not stored yet, without mirror columns.
     *
     * @param alias its alias, lower-case; it has the columns {@code id}, {@code created_at}, {@code updated_at} and {@code data}
     * @return the map
     */
    public FieldMap overRow(String alias) {
        Map<RecordColumn, String> columns = new EnumMap<>(RecordColumn.class);
        IN_TABLE.keySet().forEach(column -> columns.put(column, quote(alias + "." + column.sqlName())));
        return new FieldMap(names, new Source(quote(alias + ".data"), false, Map.copyOf(columns)));
    }

    /**
     * As {@link #over(String, String)}, without an id.
     *
     * @param document a column of type {@code jsonb}
     * @return the map
     */
    public FieldMap over(String document) {
        return over(document, null);
    }

    /**
     * The same names over documents to which a query has added fields: no mirror columns, and the new names mean the new
     * fields.
     *
     * @param added the first names of the new fields
     * @return the map
     */
    public FieldMap with(Set<String> added) {
        Map<String, FieldPath> aliases = new HashMap<>(names.aliases);
        Map<String, RecordColumn> columns = new HashMap<>(names.columns);
        added.stream().map(this::fold).forEach(name -> {
            aliases.remove(name);
            columns.remove(name);
        });
        return new FieldMap(
                new Names(names.root, Map.copyOf(aliases), Map.copyOf(columns)),
                new Source(source.document, false, source.columns));
    }

    /**
     * The names in a variable of an aggregation: those of the documents, which can be in it, and of their entities.
     *
     * @param variable the SQL expression of the variable
     * @return the map
     */
    public FieldMap ofVariable(String variable) {
        KnownName root = names.root == KnownNames.HEALTH_EVENT ? KnownNames.HEALTH_EVENT_PARTS : names.root;
        return new FieldMap(new Names(root, Map.of(), Map.of()), new Source(variable, false, Map.of()));
    }

    /**
     * Where a document holds the time of its creation, from which its column is derived; the first is what the library
     * writes.
     *
     * @return the paths; empty if the database sets the column itself
     */
    public List<FieldPath> creationTimes() {
        return names.columns.containsKey("createdat")
                ? List.of(FieldPath.of("createdAt"), FieldPath.of("createdat"))
                : List.of();
    }

    private static String quote(String column) {
        if (!COLUMN.matcher(column).matches()) {
            throw new IllegalArgumentException("not a plain lower-case column name: " + column);
        }
        return '"' + column.replace(".", "\".\"") + '"';
    }

    /**
     * The names below a field, over the elements of its array.
     *
     * @param field the array
     * @param element the SQL expression of an element
     * @return the map
     */
    public FieldMap elements(Field.Document field, String element) {
        return new FieldMap(
                new Names(field.known().element(), Map.of(), Map.of()), new Source(element, false, Map.of()));
    }

    /**
     * The document.
     *
     * @return an SQL expression
     */
    public String document() {
        return source.document;
    }

    /** Whether the document is a column of the collection's table, which an index over documents serves. */
    boolean isTable() {
        return source.mirrored;
    }

    /**
     * Finds out what a path means.
     *
     * @param path the path
     * @return a column or places in the document
     * @throws InvalidRequestException if the path names a column that this source does not have
     */
    public Field resolve(FieldPath path) {
        String only = path.names().size() == 1 ? path.names().get(0) : "";
        RecordColumn column = names.columns.get(fold(only));
        if (column != null) {
            return record(path, column);
        }
        return document(names.aliases.getOrDefault(fold(only), path));
    }

    /** Names are case-sensitive only if the type of the documents is unknown. */
    private String fold(String name) {
        return names.root == KnownName.UNKNOWN ? name : name.toLowerCase(Locale.ROOT);
    }

    private Field record(FieldPath path, RecordColumn column) {
        String sql = source.columns.get(column);
        if (sql == null) {
            throw new InvalidRequestException(
                    path + " is the record's column " + column.sqlName() + ", which is not available here");
        }
        return new Field.Record(path, column, sql);
    }

    private Field.Document document(FieldPath path) {
        List<Place> places = List.of(new Place(List.of(), true));
        List<FieldPath> elsewhere = List.of();
        KnownName known = names.root;
        int rest = 0;
        for (int i = 0; i < path.names().size(); i++) {
            String name = path.names().get(i);
            if (rest == 0 && known.isArray() && !JsonTree.isIndex(name)) {
                rest = path.names().size() - i;
            }
            KnownName next = known.child(name);
            List<String> spellings = next == null ? List.of(name) : next.spellings();
            places = places.stream().flatMap(place -> place.then(spellings)).toList();
            elsewhere = next == null
                    ? elsewhere.stream().map(other -> other.then(List.of(name))).toList()
                    : next.elsewhere();
            known = next == null ? KnownName.UNKNOWN : next;
        }
        List<FieldPath> paths = new ArrayList<>();
        places.forEach(place -> paths.add(new FieldPath(place.names)));
        paths.addAll(elsewhere);
        return new Field.Document(source.document, paths, source.mirrored ? known : known.withoutMirror(), rest);
    }

    /** A path in stored spellings. Documents are spelled in one style: below an old spelling there are only old ones. */
    private record Place(List<String> names, boolean asWritten) {

        Stream<Place> then(List<String> spellings) {
            if (!asWritten) {
                return Stream.of(with(spellings.get(spellings.size() - 1), false));
            }
            return spellings.stream().distinct().map(name -> with(name, name.equals(spellings.get(0))));
        }

        private Place with(String name, boolean written) {
            List<String> longer = new ArrayList<>(names);
            longer.add(name);
            return new Place(longer, written);
        }
    }
}
