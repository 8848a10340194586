// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code postgresql://user:password@host:port/database}, with libpq's {@code sslmode}, {@code sslcert}, {@code sslkey}
 * and {@code sslrootcert} as parameters. Every part but the host may be missing, for others to give. Errors never repeat the
 * address, which may hold a password.
 */
final class ConnectionUrl {

    private static final String FORM = "--url must be postgresql://user:password@host:port/database";

    private ConnectionUrl() {}

    /**
     * Gives what the address has.
     *
     * @param url the address
     * @param options gets it
     */
    static void read(String url, DatastoreOptions.Builder options) {
        URI uri = parse(url);
        if (uri.getHost() == null) {
            throw ToolException.usage(FORM);
        }
        options.host(uri.getHost().replaceAll("[\\[\\]]", ""));
        if (uri.getPort() >= 0) {
            options.port(uri.getPort());
        }
        login(options, uri.getRawUserInfo());
        String path = uri.getRawPath();
        if (path != null && path.length() > 1) {
            options.database(decode(path.substring(1)));
        }
        parameters(options, uri.getRawQuery());
    }

    private static URI parse(String url) {
        try {
            URI uri = new URI(url);
            if ("postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme())) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // Without the cause, whose message contains the URL and so the password.
            throw ToolException.usage(
                    FORM + "; other characters must be percent-encoded, as %40 (position " + e.getIndex() + ")");
        }
        throw ToolException.usage(FORM);
    }

    private static void login(DatastoreOptions.Builder options, @Nullable String userInfo) {
        if (userInfo == null) {
            return;
        }
        String[] login = userInfo.split(":", 2);
        options.username(decode(login[0]));
        if (login.length > 1) {
            options.password(decode(login[1]));
        }
    }

    private static void parameters(DatastoreOptions.Builder options, @Nullable String query) {
        if (query == null || query.isEmpty()) {
            return;
        }
        for (String parameter : query.split("&")) {
            String[] parts = parameter.split("=", 2);
            parameter(options, parts[0], parts.length > 1 ? decode(parts[1]) : "");
        }
    }

    private static void parameter(DatastoreOptions.Builder options, String name, String value) {
        switch (name) {
            case "sslmode" -> options.sslMode(mode(value));
            case "sslcert" -> options.sslCert(Path.of(value));
            case "sslkey" -> options.sslKey(Path.of(value));
            case "sslrootcert" -> options.sslRootCert(Path.of(value));
            default ->
                throw ToolException.usage("--url accepts only the parameters sslmode, sslcert, sslkey and sslrootcert");
        }
    }

    private static SslMode mode(String value) {
        try {
            return SslMode.parse(value);
        } catch (TlsException e) {
            throw ToolException.usage("--url: sslmode must be disable, prefer, require, verify-ca or verify-full");
        }
    }

    private static String decode(String text) {
        // URLDecoder is for forms, in which a plus sign means a space.
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
