// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** A database and the user that logs in. Its string form hides the password. */
record Access(
        String host,
        int port,
        String database,
        String user,
        @Nullable String password) {

    private static final int DEFAULT_PORT = 5432;
    private static final String FORM = "postgresql://user:password@host:port/database";

    /** Reads a URL of the form postgresql://user:password@host:port/database; the password and the port may be missing. */
    static Access parse(String source, String url) {
        URI uri = parseUri(source, url);
        String userInfo = uri.getRawUserInfo();
        String path = uri.getPath();
        boolean scheme = "postgresql".equals(uri.getScheme()) || "postgres".equals(uri.getScheme());
        if (!scheme || uri.getHost() == null || userInfo == null || path == null || path.length() < 2) {
            throw new IllegalArgumentException(source + " must have the form " + FORM);
        }
        if (uri.getRawQuery() != null) {
            throw new IllegalArgumentException(source + " must not have parameters after '?'; its form is " + FORM);
        }
        int colon = userInfo.indexOf(':');
        String user = decode(colon < 0 ? userInfo : userInfo.substring(0, colon));
        String password = colon < 0 ? null : decode(userInfo.substring(colon + 1));
        String host = uri.getHost().replaceAll("[\\[\\]]", "");
        return new Access(host, uri.getPort() < 0 ? DEFAULT_PORT : uri.getPort(), path.substring(1), user, password);
    }

    private static URI parseUri(String source, String url) {
        try {
            return new URI(url);
        } catch (URISyntaxException e) {
            // The cause and its message are not passed on: both contain the URL, and so the password.
            throw new IllegalArgumentException(source + " is not a URL; its form is " + FORM
                    + ", with special characters percent-encoded (first bad character at index " + e.getIndex() + ")");
        }
    }

    private static String decode(String raw) {
        return URI.create("x:/" + raw).getPath().substring(1);
    }

    Access withDatabase(String name) {
        return new Access(host, port, name, user, password);
    }

    Access withUser(String otherUser, @Nullable String otherPassword) {
        return new Access(host, port, database, otherUser, otherPassword);
    }

    String jdbcUrl() {
        String address = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return "jdbc:postgresql://" + address + ":" + port + "/" + URLEncoder.encode(database, StandardCharsets.UTF_8);
    }

    /** Opens a connection; the caller closes it. */
    Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        if (password != null) {
            properties.setProperty("password", password);
        }
        properties.setProperty("ApplicationName", "test-server");
        properties.setProperty("connectTimeout", "10");
        return DriverManager.getConnection(jdbcUrl(), properties);
    }

    @Override
    public String toString() {
        return user + "@" + host + ":" + port + "/" + database;
    }
}
