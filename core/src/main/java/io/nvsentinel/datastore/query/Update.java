// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.error.LimitExceededException;
import io.nvsentinel.datastore.internal.filter.JsonValues;
import io.nvsentinel.datastore.internal.update.MongoUpdate;
import io.nvsentinel.datastore.internal.update.UpdateChecks;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How documents change: operations on their fields, carried out in the order given, in one statement.
 *
 * <pre>{@code
 * Update update = Update.of(
 *         Update.set("healtheventstatus.nodequarantined", "Quarantined"),
 *         Update.currentDate("healtheventstatus.quarantinefinishtimestamp"));
 * }</pre>
 *
 * <p>Paths and values are as in {@link Filter}. A field is written in the spelling the library stores, and other
 * spellings of it are removed, so that every reader sees the new value. {@code id} is kept by the database and refused
 * here; {@code updated_at} is the time of the write, unless it is set to another one; {@code createdAt} of events can be
 * set to a time, and {@code created_at} of other collections is refused; the other columns derive from the document and
 * follow it.
 *
 * <p>Parents that are missing, null or scalar are replaced by objects. A name that is a whole number picks the element
 * of an array; if there is no such element, the statement fails with {@link InvalidRequestException} (SQLSTATE 22033)
 * and nothing is written. Immutable.
 *
 * @param operations what to do, at least one, at most {@value #MAX_OPERATIONS}
 */
public record Update(List<Operation> operations) {

    /** The most operations in one update. */
    public static final int MAX_OPERATIONS = 100;

    /**
     * Checks and copies the operations.
     *
     * @param operations what to do, in order
     * @throws InvalidRequestException if there are none, or too many
     */
    public Update {
        operations = List.copyOf(operations);
        if (operations.isEmpty()) {
            throw new InvalidRequestException("the update is empty; at least one operation is required");
        }
        if (operations.size() > MAX_OPERATIONS) {
            throw new InvalidRequestException("an update of " + operations.size() + " operations is too long; at most "
                    + MAX_OPERATIONS + " are allowed");
        }
    }

    /** One change of one field. */
    public sealed interface Operation {

        /**
         * The fields that it changes.
         *
         * @return their paths
         */
        List<FieldPath> paths();
    }

    /** A change of one field. */
    public sealed interface OnField extends Operation {

        /**
         * The field.
         *
         * @return its path
         */
        FieldPath path();

        @Override
        default List<FieldPath> paths() {
            return List.of(path());
        }
    }

    /**
     * Gives a field a value.
     *
     * @param path the field
     * @param value the value
     */
    public record Set(FieldPath path, @Nullable Object value) implements OnField {
        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         * @param value the value
         */
        public Set {
            UpdateChecks.path(path);
            value = JsonValues.normalize(path, value);
        }
    }

    /**
     * Gives a field of a new document a value, in an upsert.
     *
     * @param path the field
     * @param value the value
     */
    public record SetOnInsert(FieldPath path, @Nullable Object value) implements OnField {
        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         * @param value the value
         */
        public SetOnInsert {
            UpdateChecks.path(path);
            value = JsonValues.normalize(path, value);
        }
    }

    /**
     * Removes a field.
     *
     * @param path the field
     */
    public record Unset(FieldPath path) implements OnField {
        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         */
        public Unset {
            UpdateChecks.path(path);
        }
    }

    /**
     * Adds to a number.
     *
     * @param path the field
     * @param amount what to add
     */
    public record Inc(FieldPath path, Number amount) implements OnField {
        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         * @param amount what to add
         */
        public Inc {
            UpdateChecks.path(path);
            amount = UpdateChecks.amount(path, amount);
        }
    }

    /**
     * Adds an element to an array.
     *
     * @param path the array
     * @param value the element
     */
    public record Push(FieldPath path, @Nullable Object value) implements OnField {
        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the array
         * @param value the element
         */
        public Push {
            UpdateChecks.path(path);
            value = JsonValues.normalize(path, value);
        }
    }

    /**
     * Removes elements from an array.
     *
     * @param path the array
     * @param value what they equal
     */
    public record Pull(FieldPath path, @Nullable Object value) implements OnField {
        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the array
         * @param value what they equal
         */
        public Pull {
            UpdateChecks.path(path);
            value = JsonValues.normalize(path, value);
        }
    }

    /**
     * Removes elements from an array.
     *
     * @param path the array
     * @param filter what they match; its paths start at the element
     */
    public record PullMatching(FieldPath path, Filter filter) implements OnField {
        /**
         * Checks the parts.
         *
         * @param path the array
         * @param filter what they match
         */
        public PullMatching {
            UpdateChecks.path(path);
        }
    }

    /**
     * Adds an element to an array that does not have it.
     *
     * @param path the array
     * @param value the element
     */
    public record AddToSet(FieldPath path, @Nullable Object value) implements OnField {
        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the array
         * @param value the element
         */
        public AddToSet {
            UpdateChecks.path(path);
            value = JsonValues.normalize(path, value);
        }
    }

    /**
     * Gives a field the server's time.
     *
     * @param path the field
     */
    public record CurrentDate(FieldPath path) implements OnField {
        /**
         * Checks the parts, and copies what could change.
         *
         * @param path the field
         */
        public CurrentDate {
            UpdateChecks.path(path);
        }
    }

    /**
     * Moves a value to another field.
     *
     * @param from the field that is removed
     * @param to the field that gets the value
     */
    public record Rename(FieldPath from, FieldPath to) implements Operation {
        @Override
        public List<FieldPath> paths() {
            return List.of(from, to);
        }

        /**
         * Checks the parts, and copies what could change.
         *
         * @param from the field that is removed
         * @param to the field that gets the value
         */
        public Rename {
            UpdateChecks.path(from);
            UpdateChecks.path(to);
            UpdateChecks.apart(from, to);
        }
    }

    /**
     * Combines updates into one that performs all their operations in order; if two of them write the same field, the
     * last one wins.
     *
     * @param updates the updates
     * @return the update
     * @throws InvalidRequestException if there are none, or too many operations
     */
    public static Update of(Update... updates) {
        List<Operation> all = new ArrayList<>();
        for (Update update : updates) {
            all.addAll(update.operations());
        }
        return new Update(all);
    }

    private static Update of(Operation operation) {
        return new Update(List.of(operation));
    }

    /**
     * Gives a field a value. An Instant is stored in the form the field has in events, elsewhere as RFC 3339 text; it lies
     * after 0001-01-01T00:00:00Z, which would mean that it was never set, and before the year 10000.
     *
     * @param path the field
     * @param value the value, or null for a JSON null
     * @return the update
     * @throws InvalidRequestException if the path or the value is not allowed
     */
    public static Update set(String path, @Nullable Object value) {
        return of(new Set(FieldPath.parse(path), value));
    }

    /**
     * Gives a field a value as {@link #set(String, Object)}, if an upsert stores a new document. It does nothing in other
     * updates, and in the update of a document that exists.
     *
     * @param path the field
     * @param value the value, or null for a JSON null
     * @return the update
     * @throws InvalidRequestException if the path or the value is not allowed
     */
    public static Update setOnInsert(String path, @Nullable Object value) {
        return of(new SetOnInsert(FieldPath.parse(path), value));
    }

    /**
     * Removes a field, or the element of an array. A missing field is not an error.
     *
     * @param path the field
     * @return the update
     * @throws InvalidRequestException if the path is not allowed
     */
    public static Update unset(String path) {
        return of(new Unset(FieldPath.parse(path)));
    }

    /**
     * Adds to a number, exactly. A field that is missing or null counts as 0; for any other value the statement fails
     * with {@link InvalidRequestException} (SQLSTATE 2203B), and with {@link LimitExceededException} if the sum would
     * have more than 1,000 digits; nothing is written then.
     *
     * @param path the field
     * @param amount what to add, may be negative
     * @return the update
     * @throws InvalidRequestException if the path or the amount is not allowed
     */
    public static Update inc(String path, Number amount) {
        return of(new Inc(FieldPath.parse(path), amount));
    }

    /**
     * Adds an element at the end of an array. A field that is missing or null counts as an empty array; for any other
     * value the statement fails with {@link InvalidRequestException} (SQLSTATE 22039) and nothing is written.
     *
     * @param path the array
     * @param value the element; a list is one element
     * @return the update
     * @throws InvalidRequestException if the path or the value is not allowed
     */
    public static Update push(String path, @Nullable Object value) {
        return of(new Push(FieldPath.parse(path), value));
    }

    /**
     * Removes every element that equals a value. A field that is missing or null is left alone; for any other value
     * than an array the statement fails with {@link InvalidRequestException} (SQLSTATE 22039) and nothing is written.
     *
     * @param path the array
     * @param value what the elements equal
     * @return the update
     * @throws InvalidRequestException if the path or the value is not allowed
     */
    public static Update pull(String path, @Nullable Object value) {
        return of(new Pull(FieldPath.parse(path), value));
    }

    /**
     * Removes every element that matches a filter; otherwise as {@link #pull(String, Object)}.
     *
     * @param path the array
     * @param filter what the elements match; its paths start at the element, and the empty path is the element itself
     * @return the update
     * @throws InvalidRequestException if the path is not allowed
     */
    public static Update pullMatching(String path, Filter filter) {
        return of(new PullMatching(FieldPath.parse(path), filter));
    }

    /**
     * Adds an element at the end of an array unless an element equals it; otherwise as {@link #push(String, Object)}.
     *
     * @param path the array
     * @param value the element
     * @return the update
     * @throws InvalidRequestException if the path or the value is not allowed
     */
    public static Update addToSet(String path, @Nullable Object value) {
        return of(new AddToSet(FieldPath.parse(path), value));
    }

    /**
     * Gives a field the server's time at the start of the transaction, in the form in which
     * {@link #set(String, Object)} stores an Instant.
     *
     * @param path the field
     * @return the update
     * @throws InvalidRequestException if the path is not allowed
     */
    public static Update currentDate(String path) {
        return of(new CurrentDate(FieldPath.parse(path)));
    }

    /**
     * Moves a value to another field and overwrites its old value. If there is nothing to move, nothing happens.
     *
     * @param from the field that is removed
     * @param to the field that gets the value; neither may lie inside the other
     * @return the update
     * @throws InvalidRequestException if a path is not allowed, or one lies inside the other; where both only mean the
     *     same place in a collection, under different names, the statement fails
     */
    public static Update rename(String from, String to) {
        return of(new Rename(FieldPath.parse(from), FieldPath.parse(to)));
    }

    /**
     * Reads an update in the form MongoDB writes it: {@code {"$set": {"a.b": 1}, "$unset": {"c": ""}}}.
     *
     * <p>Known operators are {@code $set $setOnInsert $unset $inc $push $pull $addToSet $currentDate $rename}, each with a map of
     * fields; they are carried out in the order of the maps. {@code $push} and {@code $addToSet} take {@code $each};
     * {@code $pull} takes a value, or a condition on the elements. {@code {"$date": "…"}} as a value gives an Instant.
     *
     * @param update the update
     * @return the update
     * @throws InvalidRequestException if it is empty, names a field where an operator belongs, or an operator is not
     *     known or has an operand it cannot take
     */
    public static Update parse(Map<String, ?> update) {
        return MongoUpdate.parse(update);
    }
}
