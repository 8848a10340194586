// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads options from a connection URL in the form of libpq. No error repeats a part of it: each part may hold a password that
 * was put in the wrong place.
 */
public final class UrlSource {

    private static final String FORM = " must be postgresql://user:password@host:port/database?sslmode=verify-full";

    private static final int NO_PORT = 0;

    /** The user ends at the last @ before the path: an earlier one belongs to a password that was not encoded. */
    private static final Pattern URL =
            Pattern.compile("(?i)postgres(?:ql)?://(?:([^/?]*)@)?([^/?@]*)(?:/([^?/@]*))?(?:\\?(.*))?");

    private static final Pattern CHARACTERS = Pattern.compile("[!-~&&[^\"<>\\\\^`{|}]]*");

    /** libpq's parameters that are options here, too. */
    private static final Map<String, Option<?>> PARAMETERS = parameters();

    private UrlSource() {}

    private static Map<String, Option<?>> parameters() {
        Map<String, Option<?>> parameters = new LinkedHashMap<>();
        parameters.put("sslmode", Options.SSL_MODE);
        parameters.put("sslcert", Options.SSL_CERT);
        parameters.put("sslkey", Options.SSL_KEY);
        parameters.put("sslrootcert", Options.SSL_ROOT_CERT);
        parameters.put("sslcrl", Options.SSL_CRL);
        parameters.put("channel_binding", Options.CHANNEL_BINDING);
        parameters.put("require_auth", Options.REQUIRE_AUTH);
        parameters.put("application_name", Options.APPLICATION_NAME);
        return parameters;
    }

    /**
     * Adds what a URL says, below what was said by stronger sources. What the URL leaves out is left to others.
     *
     * @param before what was said so far
     * @param url the URL
     * @param source where it came from
     * @return the values, with everything that is wrong in the URL
     */
    public static OptionValues read(OptionValues before, String url, Source source) {
        Matcher parts = URL.matcher(url);
        if (!parts.matches()) {
            return before.withFault(source.label() + FORM);
        }
        if (!CHARACTERS.matcher(url).matches()) {
            return before.withFault(source.label()
                    + " must have letters, digits and characters that are allowed in a URL; others are percent-encoded, such as"
                    + " %20 for a space");
        }
        try {
            return read(before, parts, source);
        } catch (IllegalArgumentException notEncoded) {
            // Without the cause, whose message quotes the URL.
            return before.withFault(
                    source.label() + " must have % only before two hexadecimal digits; a % itself is written %25");
        }
    }

    private static OptionValues read(OptionValues before, Matcher parts, Source source) {
        OptionValues values = login(before, text(parts.group(1)), source);
        String hosts = text(parts.group(2));
        if (!hosts.isEmpty() && Options.HOST.kind().complaint().apply(hosts) != null) {
            // Where a password was not encoded, a part of it stands here.
            return before.withFault(source.label() + FORM
                    + "; ports are between 1 and 65535, and / ? @ % in a password are percent-encoded");
        }
        values = servers(values, hosts, source);
        values = one(values, Options.DATABASE, text(parts.group(3)), source);
        for (String parameter : text(parts.group(4)).split("&")) {
            String[] pair = parameter.split("=", 2);
            Option<?> option = PARAMETERS.get(pair[0]);
            if (option != null && pair.length > 1 && !pair[1].isEmpty()) {
                values = one(values, option, pair[1], source);
            } else if (option != null) {
                values = values.withFault(source.label() + " has no value for " + pair[0]);
            } else if (!parameter.isEmpty()) {
                values = values.withFault(source.label() + " has the unknown parameter " + Shown.name(pair[0])
                        + "; known are " + String.join(", ", PARAMETERS.keySet()));
            }
        }
        return values;
    }

    /** The port of a single server is an option of its own, as when host and port are given one by one. */
    private static OptionValues servers(OptionValues values, String hosts, Source source) {
        if (hosts.isEmpty() || hosts.contains(",")) {
            return one(values, Options.HOST, hosts, source);
        }
        InetSocketAddress server = Addresses.parse(hosts, NO_PORT).get(0);
        OptionValues named = values.with(Options.HOST, server.getHostString(), source);
        return server.getPort() == NO_PORT ? named : named.with(Options.PORT, server.getPort(), source);
    }

    private static OptionValues login(OptionValues before, String login, Source source) {
        int colon = login.indexOf(':');
        OptionValues values = one(before, Options.USERNAME, colon < 0 ? login : login.substring(0, colon), source);
        return colon < 0 ? values : one(values, Options.PASSWORD, login.substring(colon + 1), source);
    }

    private static OptionValues one(OptionValues values, Option<?> option, String encoded, Source source) {
        // URLDecoder is for forms, in which a plus sign means a space.
        String text = URLDecoder.decode(encoded.replace("+", "%2B"), StandardCharsets.UTF_8);
        return text.isEmpty() ? values : values.read(option, text, source);
    }

    private static String text(@Nullable String part) {
        return part == null ? "" : part;
    }
}
