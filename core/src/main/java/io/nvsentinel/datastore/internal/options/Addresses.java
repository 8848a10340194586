// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.internal.Names;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads {@code host}, {@code host:port} and lists of them, separated by commas; IPv6 with a port needs brackets. */
public final class Addresses {

    private static final int ANY_PORT = 5432;

    /** Of a name in the DNS. */
    private static final int MOST_CHARACTERS = 253;

    private static final String LABEL = "[A-Za-z0-9_-]{1,63}";

    /** Also of an IPv4 address. */
    private static final Pattern NAME = Pattern.compile(LABEL + "(\\." + LABEL + ")*\\.?");

    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:.]+(%[A-Za-z0-9_.-]+)?");

    static final Kind<String> KIND = new Kind<>(text -> text, Addresses::complaint);

    private Addresses() {}

    /**
     * The servers of a host option.
     *
     * @param hosts its value
     * @param port the default port
     * @return at least one, unresolved, in the order given
     */
    public static List<InetSocketAddress> parse(String hosts, int port) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        for (String host : hosts.split(",", -1)) {
            addresses.add(one(host.strip(), port));
        }
        return List.copyOf(addresses);
    }

    /**
     * The servers in one line, for messages.
     *
     * @param addresses the servers
     * @return {@code host:port} of each
     */
    public static String text(List<InetSocketAddress> addresses) {
        return addresses.stream()
                .map(address -> address.getHostString() + ":" + address.getPort())
                .collect(Collectors.joining(","));
    }

    private static @Nullable String complaint(String hosts) {
        try {
            parse(hosts, ANY_PORT);
            return null;
        } catch (IllegalArgumentException e) {
            return e.getMessage();
        }
    }

    private static InetSocketAddress one(String text, int port) {
        if (Names.complaint(text) != null || Shown.mayHoldSecret(text)) {
            throw notAHost(text);
        }
        int bracket = text.startsWith("[") ? text.indexOf(']') : -1;
        int colon = text.indexOf(':', Math.max(bracket, 0));
        boolean bareIpv6 = bracket < 0 && colon >= 0 && text.indexOf(':', colon + 1) >= 0;
        int end = colon < 0 || bareIpv6 ? text.length() : colon;
        String host = bracket < 0 ? text.substring(0, end) : text.substring(1, bracket);
        boolean ipv6 = bareIpv6 || bracket >= 0;
        if (!isHost(host, ipv6) || (bracket >= 0 && end != bracket + 1)) {
            throw notAHost(text);
        }
        return InetSocketAddress.createUnresolved(host, end == text.length() ? port : port(text.substring(end + 1)));
    }

    private static IllegalArgumentException notAHost(String text) {
        return new IllegalArgumentException(
                "must be host, host:port or a list a:1,b:2, with letters, digits, '-', '_' and '.' in"
                        + " the names"
                        + (Shown.mayHoldSecret(text)
                                ? ", not a connection string, whose parts are options of their own"
                                : ""));
    }

    /** What can be none is not looked up, nor shown by any error that names servers: it may be a password. */
    private static boolean isHost(String host, boolean ipv6) {
        return host.length() <= MOST_CHARACTERS
                && (ipv6 ? IPV6 : NAME).matcher(host).matches();
    }

    private static int port(String text) {
        Integer port = Kind.number(1, 65535).read().apply(text);
        String complaint =
                port == null ? null : Kind.number(1, 65535).complaint().apply(port);
        if (port == null || complaint != null) {
            throw new IllegalArgumentException("must have a port between 1 and 65535, not " + Shown.number(text));
        }
        return port;
    }
}
