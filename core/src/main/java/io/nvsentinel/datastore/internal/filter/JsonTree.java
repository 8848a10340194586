// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter;

import io.nvsentinel.datastore.query.FieldPath;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Looks into a decoded document the way PostgreSQL looks into {@code jsonb}. Documents are Map, List, String, Boolean,
 * null and numbers; a number decoded to Double is taken for its shortest decimal form, so decoders should prefer
 * BigDecimal.
 */
public final class JsonTree {

    /** What a path leads to when there is nothing, not even null. */
    static final Object MISSING = new Object();

    /** What {@code #>} takes for the index of an array: strtol, with its spaces and signs. */
    private static final Pattern INDEX = Pattern.compile("[ \\t\\n\\x0B\\f\\r]*[+-]?[0-9]+");

    private JsonTree() {}

    /** Operator {@code #>}. */
    static @Nullable Object at(@Nullable Object tree, FieldPath path) {
        Object at = tree;
        for (String name : path.names()) {
            if (at instanceof Map<?, ?> map) {
                at = map.containsKey(name) ? map.get(name) : MISSING;
            } else {
                at = at instanceof List<?> list ? element(list, name) : MISSING;
            }
        }
        return at;
    }

    /**
     * All values at a path that goes through the elements of arrays on its way, as a lax SQL/JSON path does: each array is
     * entered once, not an array in an array. A path with the index of an element names one value only.
     */
    static List<@Nullable Object> allAt(@Nullable Object tree, FieldPath path) {
        if (hasIndex(path)) {
            Object only = at(tree, path);
            return only == MISSING ? List.of() : Collections.singletonList(only);
        }
        List<@Nullable Object> all = new ArrayList<>();
        all.add(tree);
        for (String name : path.names()) {
            List<@Nullable Object> below = new ArrayList<>();
            for (Object each : all) {
                for (Object parent : each instanceof List<?> list ? list : Collections.singletonList(each)) {
                    if (parent instanceof Map<?, ?> map && map.containsKey(name)) {
                        below.add(map.get(name));
                    }
                }
            }
            all = below;
        }
        return all;
    }

    /** Whether a path could pick an element of an array. */
    static boolean hasIndex(FieldPath path) {
        return path.names().stream().anyMatch(JsonTree::isIndex);
    }

    private static @Nullable Object element(List<?> list, String name) {
        if (!isIndex(name)) {
            return MISSING;
        }
        BigInteger index = new BigInteger(name.strip());
        BigInteger fromStart = index.signum() < 0 ? index.add(BigInteger.valueOf(list.size())) : index;
        boolean inside = fromStart.signum() >= 0 && fromStart.compareTo(BigInteger.valueOf(list.size())) < 0;
        return inside ? list.get(fromStart.intValue()) : MISSING;
    }

    /** Whether a name could pick an element of an array. */
    static boolean isIndex(String name) {
        return INDEX.matcher(name).matches();
    }

    /** The exact value of a number; null for what is no number in JSON. */
    static @Nullable BigDecimal decimal(Number number) {
        if (number instanceof BigDecimal decimal) {
            return decimal;
        }
        if (number instanceof BigInteger integer) {
            return new BigDecimal(integer);
        }
        if (number instanceof Double || number instanceof Float) {
            double real = number.doubleValue();
            return Double.isFinite(real) ? new BigDecimal(number.toString()) : null;
        }
        return BigDecimal.valueOf(number.longValue());
    }

    /**
     * Orders two values of the same JSON type; null if they have different types, or a type without an order.
     */
    static @Nullable Integer compare(@Nullable Object left, Object right) {
        if (left instanceof Number a && right instanceof Number b) {
            return compareNumbers(a, b);
        }
        if (left instanceof String a && right instanceof String b) {
            return compareCodePoints(a, b);
        }
        return left instanceof Boolean a && right instanceof Boolean b ? Boolean.compare(a, b) : null;
    }

    private static @Nullable Integer compareNumbers(Number left, Number right) {
        BigDecimal a = decimal(left);
        BigDecimal b = decimal(right);
        if (a == null || b == null) {
            return Double.isNaN(left.doubleValue()) || Double.isNaN(right.doubleValue())
                    ? null
                    : (Integer) Double.compare(left.doubleValue(), right.doubleValue());
        }
        return a.compareTo(b);
    }

    /** UTF-8 bytes, and so collation "C", order like code points; Java's chars do not, beyond U+FFFF. */
    private static int compareCodePoints(String a, String b) {
        int length = Math.min(a.length(), b.length());
        for (int i = 0; i < length; i++) {
            char x = a.charAt(i);
            char y = b.charAt(i);
            if (x != y) {
                boolean sameKind = Character.isSurrogate(x) == Character.isSurrogate(y);
                return sameKind ? Character.compare(x, y) : Character.isSurrogate(x) ? 1 : -1;
            }
        }
        return Integer.compare(a.length(), b.length());
    }

    /**
     * Operator {@code =} of jsonb: numbers by value, objects in any order.
     *
     * @param left a value of a document
     * @param right another one
     * @return whether they are equal
     */
    public static boolean equal(@Nullable Object left, @Nullable Object right) {
        if (left instanceof Map<?, ?> a && right instanceof Map<?, ?> b) {
            return a.size() == b.size()
                    && a.entrySet().stream()
                            .allMatch(m -> b.containsKey(m.getKey()) && equal(m.getValue(), b.get(m.getKey())));
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            return equalLists(a, b);
        }
        if (left == null || right == null) {
            return left == right;
        }
        Integer order = compare(left, right);
        return order != null && order == 0;
    }

    private static boolean equalLists(List<?> a, List<?> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            if (!equal(a.get(i), b.get(i))) {
                return false;
            }
        }
        return true;
    }

    /** Operator {@code @>} at the top, where an array also contains a single value. */
    static boolean contains(@Nullable Object tree, @Nullable Object part) {
        if (tree instanceof List<?> list && !(part instanceof List) && !(part instanceof Map)) {
            return list.stream().anyMatch(element -> equal(element, part));
        }
        return containsDeeply(tree, part);
    }

    private static boolean containsDeeply(@Nullable Object tree, @Nullable Object part) {
        if (tree instanceof Map<?, ?> a && part instanceof Map<?, ?> b) {
            return b.entrySet().stream()
                    .allMatch(m -> a.containsKey(m.getKey()) && containsDeeply(a.get(m.getKey()), m.getValue()));
        }
        if (tree instanceof List<?> a && part instanceof List<?> b) {
            return b.stream().allMatch(wanted -> anyContains(a, wanted));
        }
        return !(part instanceof Map) && !(part instanceof List) && equal(tree, part);
    }

    private static boolean anyContains(Collection<?> elements, @Nullable Object wanted) {
        return elements.stream().anyMatch(element -> containsDeeply(element, wanted));
    }
}
