// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.update;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.Binder;
import io.nvsentinel.datastore.internal.filter.Field;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FieldSql;
import io.nvsentinel.datastore.internal.filter.FilterSql;
import io.nvsentinel.datastore.internal.filter.Instants;
import io.nvsentinel.datastore.internal.filter.JsonText;
import io.nvsentinel.datastore.internal.filter.SqlFragment;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Update;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Renders an update: to one expression that computes the new document from the old: nested calls of the functions
 * {@code nvsentinel_…} of the schema, the first operation innermost; and to the time of the change, if it is set. Paths and values are bound.
 *
 * <p>A field that is stored in several spellings is first brought to the one the library writes.
 */
public final class UpdateSql {

    private final Binder binder;
    private final FieldMap map;
    private final Set<FieldPath> adopted = new HashSet<>();
    private String document;
    private @Nullable Instant updatedAt;
    private boolean touched;

    private UpdateSql(Binder binder, FieldMap map) {
        this.binder = binder;
        this.map = map;
        this.document = map.document();
    }

    /**
     * Renders an update.
     *
     * @param update the update
     * @param map what its paths mean
     * @param firstParameter the number of the first parameter, from 1
     * @return the expression for the new document
     * @throws InvalidRequestException if a path names a column that is no part of the document, or a rename has one path
     *     inside the other
     */
    public static SqlFragment render(Update update, FieldMap map, int firstParameter) {
        Binder binder = new Binder(firstParameter);
        return binder.finish(render(update, map, binder).document());
    }

    /**
     * Renders an update as a part of a longer statement.
     *
     * @param update the update
     * @param map what its paths mean
     * @param binder numbers the parameters of the statement
     * @return the values, with errors as {@link #render(Update, FieldMap, int)}
     */
    public static Values render(Update update, FieldMap map, Binder binder) {
        UpdateSql sql = new UpdateSql(binder, map);
        update.operations().forEach(sql::apply);
        return sql.values();
    }

    /**
     * The new values of the columns.
     *
     * @param document the expression of {@code data}
     * @param updatedAt the expression of {@code updated_at}; null if the update does not set it, so that it is the time of
     *     the write
     */
    public record Values(String document, @Nullable String updatedAt) {}

    private Values values() {
        String time = updatedAt == null ? "now()" : "CAST(" + binder.bind(updatedAt) + " AS timestamptz)";
        return new Values(document, touched ? time : null);
    }

    private void apply(Update.Operation operation) {
        if (operation instanceof Update.Set set && FieldSql.isUpdateTime(set.path(), map)) {
            updatedAt = time(set);
            touched = true;
        } else if (operation instanceof Update.CurrentDate date && FieldSql.isUpdateTime(date.path(), map)) {
            updatedAt = null;
            touched = true;
        } else if (operation instanceof Update.Set set && isCreationTime(set.path())) {
            create(json(time(set)));
        } else if (operation instanceof Update.CurrentDate date && isCreationTime(date.path())) {
            create("{schema}.nvsentinel_now(false)");
        } else {
            change(operation);
        }
    }

    /** In events the document holds the time, and the column follows. */
    private boolean isCreationTime(FieldPath path) {
        return !map.creationTimes().isEmpty() && FieldSql.isCreationTime(path, map);
    }

    private void create(String time) {
        List<FieldPath> paths = map.creationTimes();
        paths.subList(1, paths.size()).forEach(this::unset);
        call("nvsentinel_set", path(paths.get(0)), time);
    }

    private static Instant time(Update.Set set) {
        Instant time = set.value() instanceof Instant given ? given : Instants.literal(set.value());
        if (time == null) {
            throw new InvalidRequestException(
                    set.path() + " is a time of the record: use an Instant, or an RFC 3339 string with an offset");
        }
        return time;
    }

    private void change(Update.Operation operation) {
        if (operation instanceof Update.SetOnInsert set) {
            // The document exists; the path is checked nevertheless.
            map.resolve(set.path());
        } else if (operation instanceof Update.Set set) {
            set(field(set.path()), set.value());
        } else if (operation instanceof Update.Unset unset) {
            field(unset.path()).paths().forEach(this::unset);
        } else if (operation instanceof Update.CurrentDate date) {
            currentDate(field(date.path()));
        } else if (operation instanceof Update.Rename rename) {
            rename(field(rename.from()), field(rename.to()), rename);
        } else {
            amend(operation);
        }
    }

    private void amend(Update.Operation operation) {
        if (operation instanceof Update.Inc inc) {
            call("nvsentinel_inc", adopted(inc.path()), json(inc.amount()));
        } else if (operation instanceof Update.Push push) {
            call("nvsentinel_push", adopted(push.path()), json(push.value()));
        } else if (operation instanceof Update.Pull pull) {
            call("nvsentinel_pull", adopted(pull.path()), json(pull.value()));
        } else if (operation instanceof Update.PullMatching pull) {
            pull(pull);
        } else if (operation instanceof Update.AddToSet add) {
            call("nvsentinel_add_to_set", adopted(add.path()), json(add.value()));
        } else {
            throw new IllegalStateException("unknown operation " + operation.getClass());
        }
    }

    /** As nvsentinel_pull, which also refuses what is no array. */
    private void pull(Update.PullMatching pull) {
        Field.Document field = field(pull.path());
        adopt(field);
        String path = path(field.canonical());
        String matches = FilterSql.render(pull.filter(), map.elements(field, "pulled.value"), binder);
        document = "(SELECT CASE jsonb_typeof(d #> " + path + ") WHEN 'array' THEN {schema}.nvsentinel_set(d, " + path
                + ", (SELECT COALESCE(jsonb_agg(pulled.value ORDER BY pulled.position), '[]')"
                + " FROM jsonb_array_elements(d #> " + path + ") WITH ORDINALITY AS pulled(value, position) WHERE "
                + matches + " IS NOT TRUE)) ELSE {schema}.nvsentinel_pull(d, " + path + ", 'null') END FROM (SELECT "
                + document + " AS d OFFSET 0) AS pulling)";
    }

    private Field.Document field(FieldPath path) {
        if (map.resolve(path) instanceof Field.Document field) {
            adoptParents(field.canonical());
            return field;
        }
        throw new InvalidRequestException(path + " is a column of the record that the database maintains; an update "
                + "changes the document, and the columns are derived from it");
    }

    /**
     * Renames the objects that contain a field to the spelling in which it is written: readers look into only one
     * object, and the other members must not remain in another one.
     */
    private void adoptParents(FieldPath path) {
        for (int length = 1; length < path.names().size(); length++) {
            FieldPath parent = new FieldPath(path.names().subList(0, length));
            if (adopted.add(parent) && map.resolve(parent) instanceof Field.Document field) {
                adopt(field);
            }
        }
    }

    private void set(Field.Document field, @Nullable Object value) {
        others(field).forEach(this::unset);
        Object stored =
                value instanceof Instant instant && field.isSecondsAndNanos() ? secondsAndNanos(instant) : value;
        call("nvsentinel_set", path(field.canonical()), json(stored));
    }

    private void unset(FieldPath path) {
        call("nvsentinel_unset", path(path));
    }

    private void currentDate(Field.Document field) {
        others(field).forEach(this::unset);
        call("nvsentinel_set", path(field.canonical()), "{schema}.nvsentinel_now(" + field.isSecondsAndNanos() + ")");
    }

    private void rename(Field.Document from, Field.Document to, Update.Rename rename) {
        if (UpdateChecks.overlap(from.canonical(), to.canonical())) {
            throw new InvalidRequestException(
                    "rename from " + rename.from() + " to " + rename.to() + ": one contains the other");
        }
        adopt(from);
        adopt(to);
        call("nvsentinel_rename", path(from.canonical()), path(to.canonical()));
    }

    /** Moves the value of another spelling to the path that the library writes. */
    private String adopted(FieldPath path) {
        Field.Document field = field(path);
        adopt(field);
        return path(field.canonical());
    }

    private void adopt(Field.Document field) {
        others(field).forEach(other -> call("nvsentinel_adopt", path(field.canonical()), path(other)));
    }

    private static List<FieldPath> others(Field.Document field) {
        return field.paths().subList(1, field.paths().size());
    }

    private void call(String function, String... arguments) {
        document = "{schema}." + function + "(" + document + ", " + String.join(", ", arguments) + ")";
    }

    private String path(FieldPath path) {
        return "CAST(" + binder.bind(path.names().toArray(String[]::new)) + " AS text[])";
    }

    private String json(@Nullable Object value) {
        Object stored = value instanceof Instant instant ? instant.toString() : value;
        return "CAST(" + binder.bind(JsonText.bind(stored)) + " AS jsonb)";
    }

    private static Map<String, Object> secondsAndNanos(Instant instant) {
        Map<String, Object> stored = new LinkedHashMap<>();
        stored.put("seconds", instant.getEpochSecond());
        stored.put("nanos", instant.getNano());
        return stored;
    }
}
