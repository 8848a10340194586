// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.ChannelBinding;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.internal.options.AuthMethods.Method;
import io.nvsentinel.tls.SslMode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * How a server may ask for a login, as {@code requireAuth} and {@code channelBinding} say. Immutable.
 *
 * @param accepted the methods that are accepted
 * @param required the value of {@code requireAuth}, or null
 * @param bound whether only a login that is bound to its TLS connection is accepted
 */
public record LoginRules(Set<Method> accepted, @Nullable String required, boolean bound) {

    /**
     * The rules of some options.
     *
     * @param options who connects, and how
     * @return the rules
     */
    public static LoginRules of(DatastoreOptions options) {
        String required = options.requireAuth();
        Set<Method> byDefault = byDefault(options);
        return new LoginRules(
                required == null ? byDefault : AuthMethods.parse(required).accepted(byDefault),
                required,
                options.channelBinding() == ChannelBinding.REQUIRE);
    }

    /** Without a password there is none that a false server could get. */
    private static Set<Method> byDefault(DatastoreOptions options) {
        String password = options.password();
        if (password == null || password.isEmpty()) {
            return EnumSet.allOf(Method.class);
        }
        if (!isVerified(options)) {
            return EnumSet.of(Method.SCRAM_SHA_256);
        }
        // A certificate logs in without a question.
        return options.sslCert() == null ? EnumSet.complementOf(EnumSet.of(Method.NONE)) : EnumSet.allOf(Method.class);
    }

    private static boolean isVerified(DatastoreOptions options) {
        SslMode mode = options.sslMode();
        return mode == SslMode.VERIFY_CA
                || mode == SslMode.VERIFY_FULL
                || (mode != SslMode.DISABLE && options.sslRootCert() != null);
    }

    /**
     * The rules in the words of the JDBC driver.
     *
     * @param binding how logins are bound to their connections
     * @return names and values
     */
    public Map<String, String> jdbcProperties(ChannelBinding binding) {
        String bindingWord = binding.name().toLowerCase(Locale.ROOT);
        return accepted.size() == Method.values().length
                ? Map.of("channelBinding", bindingWord)
                : Map.of("channelBinding", bindingWord, "requireAuth", list());
    }

    /** An empty list would accept everything. */
    private String list() {
        return accepted.isEmpty()
                ? Arrays.stream(Method.values())
                        .map(method -> "!" + method.word())
                        .collect(Collectors.joining(","))
                : accepted.stream().map(Method::word).sorted().collect(Collectors.joining(","));
    }

    /**
     * These rules as one string without spaces, for what a driver makes of a class name and a string.
     *
     * @return the string, for {@link #decoded}
     */
    public String encoded() {
        String methods = accepted.stream().map(Method::name).sorted().collect(Collectors.joining(","));
        String text = methods + ";" + bound + ";" + (required == null ? "" : "=" + required);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Reads rules back.
     *
     * @param encoded the result of {@link #encoded}
     * @return the rules
     */
    public static LoginRules decoded(String encoded) {
        String text = new String(Base64.getUrlDecoder().decode(encoded), StandardCharsets.UTF_8);
        String[] parts = text.split(";", 3);
        Set<Method> accepted = EnumSet.noneOf(Method.class);
        for (String name : parts[0].split(",")) {
            if (!name.isEmpty()) {
                accepted.add(Method.valueOf(name));
            }
        }
        return new LoginRules(
                accepted, parts[2].isEmpty() ? null : parts[2].substring(1), Boolean.parseBoolean(parts[1]));
    }

    /**
     * Judges a server's request.
     *
     * @param method how the server asks
     * @return the reason against it; null if it is accepted
     */
    public @Nullable String objection(Method method) {
        if (bound && method != Method.SCRAM_SHA_256) {
            return "the server " + asks(method) + ", and channelBinding=require accepts only SCRAM-SHA-256-PLUS";
        }
        if (accepted.contains(method)) {
            return null;
        }
        if (required != null) {
            return "the server " + asks(method) + ", which requireAuth=" + required + " does not accept";
        }
        return "the server " + asks(method) + ", which is accepted only if "
                + (method == Method.NONE
                        ? "no password is configured, or a client certificate is sent to a verified server"
                        : "its certificate is verified (sslRootCert, or sslMode verify-full)")
                + ", or if requireAuth names " + method.word() + " (DATASTORE_REQUIRE_AUTH)";
    }

    private static String asks(Method method) {
        return switch (method) {
            case PASSWORD -> "asks for the password in clear text";
            case MD5 -> "asks for the password's MD5 hash";
            case GSS -> "asks for a login with GSSAPI";
            case SSPI -> "asks for a login with SSPI";
            case SCRAM_SHA_256 -> "asks for a login with SCRAM";
            case NONE -> "lets the client in without asking for the password";
        };
    }
}
