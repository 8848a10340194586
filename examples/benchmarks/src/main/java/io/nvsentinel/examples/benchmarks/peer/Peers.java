// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.peer;

import io.nvsentinel.examples.benchmarks.report.Report;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** All contenders, for the report. */
public final class Peers {

    /** As in {@code …/r2dbc-postgresql-1.1.3.RELEASE.jar!/…}. */
    private static final Pattern JAR = Pattern.compile("-(\\d[^/!]*)\\.jar!");

    private static final Map<String, String> LIBRARIES = Map.of(
            "r2dbc-postgresql", "io/r2dbc/postgresql/PostgresqlConnection.class",
            "r2dbc-pool", "io/r2dbc/pool/ConnectionPool.class",
            "reactor-core", "reactor/core/publisher/Flux.class",
            "netty", "io/netty/channel/Channel.class",
            "pgjdbc", "org/postgresql/Driver.class",
            "vertx-pg-client", "io/vertx/pgclient/PgBuilder.class",
            "debezium-connector-postgres", "io/debezium/connector/postgresql/PostgresConnector.class",
            "kafka connect", "org/apache/kafka/connect/connector/Connector.class",
            "jackson 3", "tools/jackson/databind/json/JsonMapper.class");

    private Peers() {}

    /**
     * Adds the configuration of each contender to the report.
     *
     * @param report the report
     */
    public static void describe(Report report) {
        report.peer(Ours.NAME, Ours.setUp());
        report.peer(R2dbc.NAME, R2dbc.setUp());
        report.peer(Jdbc.NAME, Jdbc.setUp());
        report.peer(VertxInserts.NAME, VertxInserts.setUp());
        report.peer("Debezium", Debezium.setUp());
        report.peer(
                PolledChangelog.LISTEN,
                "a trigger that writes the same changelog row and sends NOTIFY in every transaction; "
                        + "LISTEN and one prepared"
                        + " select of what is behind the last id, on one connection");
    }

    /**
     * The versions that are on the class path.
     *
     * @return by library
     */
    public static Map<String, String> versions() {
        Map<String, String> versions = new LinkedHashMap<>();
        new TreeMap<>(LIBRARIES).forEach((name, resource) -> versions.put(name, version(resource)));
        return versions;
    }

    private static String version(String resource) {
        try {
            for (URL url : Collections.list(Peers.class.getClassLoader().getResources(resource))) {
                Matcher matcher = JAR.matcher(url.toString());
                if (matcher.find()) {
                    return matcher.group(1);
                }
            }
            return "unknown";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
