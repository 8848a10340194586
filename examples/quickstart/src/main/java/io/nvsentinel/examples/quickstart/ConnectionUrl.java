// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.tls.SslMode;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Reads {@code postgresql://user:password@host:port/database}, with libpq's {@code sslmode}, {@code sslcert}, {@code sslkey}
 * and {@code sslrootcert} as parameters. Errors never repeat the address, which may hold a password.
 */
final class ConnectionUrl {

    private static final String FORM = "--url must be postgresql://user:password@host:port/database";

    private ConnectionUrl() {}

    static DatastoreOptions read(String url) {
        URI uri = parse(url);
        String userInfo = uri.getRawUserInfo();
        String path = uri.getRawPath();
        if (uri.getHost() == null || userInfo == null || path == null || path.length() < 2) {
            throw new QuickstartException(FORM);
        }
        String[] login = userInfo.split(":", 2);
        DatastoreOptions.Builder options = DatastoreOptions.builder()
                .host(uri.getHost().replaceAll("[\\[\\]]", ""))
                .port(uri.getPort() < 0 ? 5432 : uri.getPort())
                .database(decode(path.substring(1)))
                .username(decode(login[0]))
                .password(login.length > 1 ? decode(login[1]) : null);
        parameters(options, uri.getRawQuery());
        return options.build();
    }

    private static URI parse(String url) {
        try {
            URI uri = new URI(url);
            if ("postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme())) {
                return uri;
            }
        } catch (URISyntaxException e) {
            // Without the cause, whose message contains the URL and so the password.
            throw new QuickstartException(
                    FORM + "; other characters must be percent-encoded, as %40 (position " + e.getIndex() + ")");
        }
        throw new QuickstartException(FORM);
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
            case "sslmode" -> options.sslMode(SslMode.parse(value));
            case "sslcert" -> options.sslCert(Path.of(value));
            case "sslkey" -> options.sslKey(Path.of(value));
            case "sslrootcert" -> options.sslRootCert(Path.of(value));
            default ->
                throw new QuickstartException(
                        "--url accepts the parameters sslmode, sslcert, sslkey and sslrootcert, not " + name);
        }
    }

    private static String decode(String text) {
        // URLDecoder is for forms, in which a plus sign means a space.
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
