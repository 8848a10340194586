// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.security.CodeSource;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The libraries that this one calls, to name the library with incompatible classes. */
enum ForeignLibrary {
    FLYWAY("Flyway", "org.flywaydb.", "org.flywaydb.core.api.FlywayException", "flyway"),
    R2DBC_POSTGRESQL(
            "r2dbc-postgresql", "io.r2dbc.postgresql.", "io.r2dbc.postgresql.api.PostgresqlResult", "r2dbc-postgresql"),
    PGJDBC("the PostgreSQL JDBC driver", "org.postgresql.", "org.postgresql.PGProperty", "pgjdbc"),
    R2DBC_POOL("r2dbc-pool", "io.r2dbc.pool.", "io.r2dbc.pool.PoolMetrics", "r2dbc-pool"),
    R2DBC_SPI("r2dbc-spi", "io.r2dbc.spi.", "io.r2dbc.spi.Connection", "r2dbc-spi"),
    REACTOR_POOL("Reactor Pool", "reactor.pool.", "reactor.pool.PoolConfig", "reactor-bom"),
    REACTOR_NETTY("Reactor Netty", "reactor.netty.", "reactor.netty.Connection", "reactor-bom"),
    REACTOR_CORE("Reactor Core", "reactor.", "reactor.core.CorePublisher", "reactor-bom"),
    NETTY("Netty", "io.netty.", "io.netty.channel.Channel", "netty"),
    JACKSON_3("Jackson 3", "tools.jackson.", "tools.jackson.core.TokenStreamFactory", "jackson3"),
    JACKSON("Jackson", "com.fasterxml.jackson.", "com.fasterxml.jackson.annotation.JacksonAnnotation", "jackson2"),
    SNAKEYAML(
            "SnakeYAML Engine",
            "org.snakeyaml.engine.",
            "org.snakeyaml.engine.v2.api.LoadSettings",
            "snakeyaml-engine"),
    MICROMETER("Micrometer", "io.micrometer.", "io.micrometer.core.instrument.Meter", "micrometer"),
    SLF4J("SLF4J", "org.slf4j.", "org.slf4j.Logger", "slf4j");

    private static final Properties VERSIONS = versions();

    /** The owner of a missing method or field stands before its name; class names are written with dots or slashes. */
    private static final Pattern CLASS = Pattern.compile("[a-z]\\w*(?:[./][\\w$]+)+");

    private final String label;
    private final String packages;
    private final String anchor;
    private final String version;

    ForeignLibrary(String label, String packages, String anchor, String version) {
        this.label = label;
        this.packages = packages;
        this.anchor = anchor;
        this.version = version;
    }

    /**
     * The library whose classes an error names.
     *
     * @param message the JVM's message
     * @param known the libraries, longer package names first
     * @return empty if it names none of them
     */
    static Optional<ForeignLibrary> namedIn(@Nullable String message, List<ForeignLibrary> known) {
        if (message == null) {
            return Optional.empty();
        }
        int method = message.indexOf('(');
        // The type of the result comes first and the types of the parameters last: neither is the class without the
        // method.
        String owner = method < 0 ? message : message.substring(message.lastIndexOf(' ', method) + 1, method);
        Matcher names = CLASS.matcher(owner);
        while (names.find()) {
            Optional<ForeignLibrary> library = of(names.group().replace('/', '.'), known);
            if (library.isPresent()) {
                return library;
            }
        }
        return Optional.empty();
    }

    private static Optional<ForeignLibrary> of(String type, List<ForeignLibrary> known) {
        for (ForeignLibrary library : known) {
            if (type.startsWith(library.packages)) {
                return Optional.of(library);
            }
        }
        return Optional.empty();
    }

    String label() {
        return label;
    }

    /** What is on the class path: the name of its file, without the directory. */
    String found() {
        try {
            CodeSource source = Class.forName(anchor, false, ForeignLibrary.class.getClassLoader())
                    .getProtectionDomain()
                    .getCodeSource();
            URL location = source == null ? null : source.getLocation();
            return location == null ? "a copy of unknown origin" : fileName(location.toString());
        } catch (ClassNotFoundException | LinkageError e) {
            return "none";
        }
    }

    private static String fileName(String location) {
        String file = location.replaceFirst("[!/]+$", "");
        return file.substring(file.lastIndexOf('/') + 1);
    }

    /** The version that this release is built and tested with. */
    String tested() {
        return VERSIONS.getProperty(version, "unknown");
    }

    private static Properties versions() {
        Properties versions = new Properties();
        try (InputStream in = ForeignLibrary.class.getResourceAsStream("libraries.properties")) {
            if (in != null) {
                versions.load(in);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return versions;
    }
}
