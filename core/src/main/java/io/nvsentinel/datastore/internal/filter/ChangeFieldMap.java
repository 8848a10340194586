// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.error.InvalidRequestException;
import io.nvsentinel.datastore.query.FieldPath;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What the paths of a filter on changes mean: the paths of MongoDB's change events. Letter case does not matter in the
 * event's own names; below {@code fullDocument} and its like the collection's names hold.
 *
 * <p>For the server the parts of a change are columns of the changelog; in memory they are members of one tree.
 */
final class ChangeFieldMap extends FieldMap {

    static final String DOCUMENT = "fullDocument";
    static final String BEFORE = "fullDocumentBeforeChange";
    static final String DIFFERENCE = "updateDescription";

    private static final FieldPath OPERATION = FieldPath.of("operationType");
    private static final FieldPath COLLECTION = FieldPath.of("ns", "coll");
    private static final FieldPath KEY = FieldPath.of("documentKey", "_id");
    private static final FieldPath UPDATED = FieldPath.of(DIFFERENCE, "updatedFields");
    private static final FieldPath REMOVED = FieldPath.of(DIFFERENCE, "removedFields");

    private static final String KNOWN = OPERATION + ", " + COLLECTION + ", " + KEY + ", " + DOCUMENT + ", " + BEFORE
            + ", " + UPDATED + " and " + REMOVED;

    /** What is no document, as one. */
    private static final String FACTS = "jsonb_build_object('operationType', lower(\"operation\"),"
            + " 'ns', jsonb_build_object('coll', \"table_name\"),"
            + " 'documentKey', jsonb_build_object('_id', \"record_id\"))";

    private final FieldMap documents;
    private final boolean inMemory;

    private ChangeFieldMap(FieldMap documents, boolean inMemory) {
        super(FACTS);
        this.documents = documents;
        this.inMemory = inMemory;
    }

    static FieldMap inMemory(FieldMap documents) {
        return new ChangeFieldMap(documents, true);
    }

    static FieldMap inChangelog(FieldMap documents) {
        return new ChangeFieldMap(documents, false);
    }

    @Override
    public Field resolve(FieldPath path) {
        for (FieldPath fact : List.of(OPERATION, COLLECTION, KEY, REMOVED)) {
            if (startsWith(path, fact) && path.names().size() == fact.names().size()) {
                return fact(fact);
            }
        }
        if (startsWith(path, FieldPath.of(DOCUMENT))) {
            return image(path, FieldPath.of(DOCUMENT), "new_values");
        }
        if (startsWith(path, FieldPath.of(BEFORE))) {
            return image(path, FieldPath.of(BEFORE), "old_values");
        }
        if (startsWith(path, UPDATED)) {
            return updated(image(path, UPDATED, "new_values"));
        }
        throw new InvalidRequestException(path + " is not a field of a change; the fields are " + KNOWN);
    }

    /** The name of the part of a change that a path begins with, as written here. */
    static String part(FieldPath path) {
        return List.of(DOCUMENT, BEFORE, DIFFERENCE).stream()
                .filter(part -> startsWith(path, FieldPath.of(part)))
                .findFirst()
                .orElse("");
    }

    private static boolean startsWith(FieldPath path, FieldPath start) {
        return path.names().size() >= start.names().size()
                && fold(path.names().subList(0, start.names().size())).equals(fold(start.names()));
    }

    private static List<String> fold(List<String> names) {
        return names.stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
    }

    private Field.Document fact(FieldPath path) {
        KnownName known = KnownName.name(path.names().get(path.names().size() - 1));
        return new Field.Document(document(), List.of(path), path.equals(REMOVED) ? known.array() : known);
    }

    private Field.Document image(FieldPath path, FieldPath prefix, String column) {
        List<String> names = path.names();
        FieldPath below = new FieldPath(names.subList(prefix.names().size(), names.size()));
        if (!(documents.over(column, "record_id").resolve(below) instanceof Field.Document field)) {
            return fact(KEY);
        }
        return inMemory
                ? new Field.Document(field.document(), below(prefix, field.paths()), field.known(), field.rest())
                : field;
    }

    private static List<FieldPath> below(FieldPath prefix, List<FieldPath> paths) {
        List<FieldPath> longer = new ArrayList<>();
        paths.forEach(path -> longer.add(prefix.then(path.names())));
        return longer;
    }

    /** What was not updated has not its default, but is absent. */
    private static Field.Document updated(Field.Document field) {
        boolean defaulted = switch (field.known().shape()) {
            case FALSE_IF_ABSENT, TEXT, ACTION, STRATEGY -> true;
            case PLAIN, WRAPPED, SECONDS_AND_NANOS, TIME -> false;
        };
        return defaulted
                ? new Field.Document(
                        field.document(), field.paths(), field.known().as(KnownName.Shape.PLAIN), field.rest())
                : field;
    }
}
