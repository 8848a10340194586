// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The value of {@code requireAuth}: a list of methods that are accepted, or, if each has {@code !} before it, that are not.
 *
 * @param named the methods of the list
 * @param negated whether they are not accepted
 */
public record AuthMethods(Set<Method> named, boolean negated) {

    static final Kind<String> KIND = new Kind<>(text -> text, AuthMethods::complaint);

    private static final String NOT = "!";

    /** How a server may ask a client to log in, with libpq's names. */
    public enum Method {
        /** The password in clear text. */
        PASSWORD("password"),
        /** A hash of the password that can be reversed or replayed. */
        MD5("md5"),
        /** Kerberos. */
        GSS("gss"),
        /** Windows. */
        SSPI("sspi"),
        /** A proof that both sides know the password, with or without channel binding. */
        SCRAM_SHA_256("scram-sha-256"),
        /** Not at all. */
        NONE("none");

        private final String word;

        Method(String word) {
            this.word = word;
        }

        /**
         * The method's name.
         *
         * @return libpq's
         */
        public String word() {
            return word;
        }
    }

    /**
     * Reads a list.
     *
     * @param text a value that has no complaint
     * @return the list
     */
    public static AuthMethods parse(String text) {
        Set<Method> named = new LinkedHashSet<>();
        List<String> words = words(text);
        for (String word : words) {
            Method method = find(word);
            if (method == null) {
                throw new IllegalArgumentException("bug: a list that was checked names an unknown method");
            }
            named.add(method);
        }
        return new AuthMethods(Set.copyOf(named), words.get(0).startsWith(NOT));
    }

    /**
     * Applies the list.
     *
     * @param byDefault what is accepted without one
     * @return what is accepted
     */
    public Set<Method> accepted(Set<Method> byDefault) {
        if (!negated) {
            return named;
        }
        Set<Method> accepted = EnumSet.noneOf(Method.class);
        accepted.addAll(byDefault);
        accepted.removeAll(named);
        return accepted;
    }

    private static @Nullable String complaint(String text) {
        List<String> words = words(text);
        long negated = words.stream().filter(word -> word.startsWith(NOT)).count();
        boolean known = words.stream().allMatch(word -> find(word) != null);
        if (known && (negated == 0 || negated == words.size())) {
            return null;
        }
        String names = Arrays.stream(Method.values()).map(Method::word).collect(Collectors.joining(", "));
        return "must be a list, with commas, of " + names + ", either all or none of them with ! before it";
    }

    private static List<String> words(String text) {
        return Arrays.stream(text.split(",", -1))
                .map(word -> word.strip().toLowerCase(Locale.ROOT))
                .toList();
    }

    private static @Nullable Method find(String word) {
        String name = word.startsWith(NOT) ? word.substring(1) : word;
        for (Method method : Method.values()) {
            if (method.word.equals(name)) {
                return method;
            }
        }
        return null;
    }
}
