// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.update;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.internal.filter.MongoFilter;
import io.nvsentinel.datastore.internal.filter.MongoValues;
import io.nvsentinel.datastore.query.FieldPath;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.datastore.query.Update.Operation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses updates in MongoDB's syntax. An unsupported operator is rejected with its name and place. */
public final class MongoUpdate {

    private static final String OPERATORS =
            "supported are $set, $setOnInsert, $unset, $inc, $push, $pull, $addToSet, $currentDate and $rename";

    private static final Set<String> ADDING = Set.of("$push", "$addToSet");

    private MongoUpdate() {}

    /**
     * Reads an update.
     *
     * @param update the update
     * @return its operations, in the order given
     */
    public static Update parse(Map<?, ?> update) {
        List<Operation> operations = new ArrayList<>();
        update.forEach((name, fields) -> {
            String operator = String.valueOf(name);
            if (!operator.startsWith("$")) {
                throw new InvalidRequestException("an update consists of operators, not of the field " + operator
                        + " itself; to set it, use {\"$set\": {\"" + operator + "\": …}}");
            }
            if (!(fields instanceof Map<?, ?> map)) {
                throw new InvalidRequestException(operator + " requires a map of fields");
            }
            map.forEach((field, operand) ->
                    operations.addAll(operations(operator, FieldPath.parse(String.valueOf(field)), operand)));
        });
        return new Update(operations);
    }

    private static List<Operation> operations(String operator, FieldPath path, @Nullable Object operand) {
        if (!ADDING.contains(operator) || !(operand instanceof Map<?, ?> map) || !map.containsKey("$each")) {
            return List.of(operation(operator, path, operand));
        }
        Object each = map.get("$each") instanceof Object[] array ? Arrays.asList(array) : map.get("$each");
        if (map.size() > 1 || !(each instanceof Collection<?> elements)) {
            throw new InvalidRequestException(
                    path + ": " + operator + " supports only $each, with a list, not " + map.keySet());
        }
        return elements.stream()
                .map(element -> operation(operator, path, element))
                .toList();
    }

    private static Operation operation(String operator, FieldPath path, @Nullable Object operand) {
        return switch (operator) {
            case "$set" -> new Update.Set(path, MongoValues.value(path, operand));
            case "$setOnInsert" -> new Update.SetOnInsert(path, MongoValues.value(path, operand));
            case "$unset" -> new Update.Unset(path);
            case "$inc" -> new Update.Inc(path, number(path, operand));
            case "$push" -> new Update.Push(path, element(operator, path, operand));
            case "$pull" -> pull(path, operand);
            case "$addToSet" -> new Update.AddToSet(path, element(operator, path, operand));
            case "$currentDate" -> currentDate(path, operand);
            case "$rename" -> rename(path, operand);
            default -> throw new InvalidRequestException("unknown operator " + operator + "; " + OPERATORS);
        };
    }

    /** A map is a condition on the fields of an element, not its value: other fields do not matter. */
    private static Operation pull(FieldPath path, @Nullable Object operand) {
        if (!(operand instanceof Map<?, ?> condition) || condition.containsKey("$date")) {
            return new Update.Pull(path, MongoValues.value(path, operand));
        }
        try {
            return new Update.PullMatching(path, MongoFilter.parseElement(condition, path));
        } catch (InvalidRequestException e) {
            throw new InvalidRequestException(path + ": $pull: " + e.getMessage(), null, e);
        }
    }

    /** MongoDB has modifiers such as $each here; taken for a value they would be stored. */
    private static @Nullable Object element(String operator, FieldPath path, @Nullable Object operand) {
        Object value = MongoValues.value(path, operand);
        if (value instanceof Map<?, ?> map) {
            map.keySet().forEach(name -> {
                if (String.valueOf(name).startsWith("$")) {
                    throw new InvalidRequestException(
                            path + ": unknown operator " + name + " in " + operator + ", which requires a value");
                }
            });
        }
        return value;
    }

    private static Number number(FieldPath path, @Nullable Object operand) {
        if (operand instanceof Number number) {
            return number;
        }
        throw new InvalidRequestException(path + ": $inc requires a number");
    }

    private static Operation currentDate(FieldPath path, @Nullable Object operand) {
        if (Boolean.TRUE.equals(operand)) {
            return new Update.CurrentDate(path);
        }
        throw new InvalidRequestException(path + ": $currentDate requires true");
    }

    private static Operation rename(FieldPath path, @Nullable Object operand) {
        if (operand instanceof String to) {
            return new Update.Rename(path, FieldPath.parse(to));
        }
        throw new InvalidRequestException(path + ": $rename requires the name of another field, a string");
    }
}
