// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.tls;

import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsOptions;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.client.SSLMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import reactor.core.publisher.Mono;

/**
 * What setting up a connection costs: in plain text, with TLS and material that was parsed once, and with TLS and files that
 * the driver parses again for every connection. Prints milliseconds a connection, median of many, one after the other on one
 * machine; look at the ratios.
 */
public final class ConnectBenchmark {

    private static final int WARM_UP = 100;
    private static final int ROUNDS = 5;
    private static final int CONNECTIONS = 60;

    private final PostgresServer server;
    private final Path mount;

    private ConnectBenchmark(PostgresServer server, Path mount) {
        this.server = server;
        this.mount = mount;
    }

    /**
     * Starts a server, measures, and prints.
     *
     * @param args none
     * @throws IOException if no temporary directory can be made
     */
    public static void main(String[] args) throws IOException {
        TestCertificates authority = TestCertificates.create();
        Path mount = Files.createTempDirectory("connect-benchmark");
        authority.client("app").issue().writeSecret(mount);
        try (EmbeddedServer server = PostgresServer.embedded()
                        .tls(TlsMaterial.of(authority.server("localhost").issue()))
                        .certificateUser("app")
                        .start();
                TlsContext tls = TlsContext.open(
                        TlsOptions.builder().mount(mount).user("app").build())) {
            new ConnectBenchmark(server, mount).run(tls);
        }
    }

    private void run(TlsContext tls) {
        PostgresqlConnectionConfiguration.Builder ours = builder("app");
        tls.configure(ours);
        PostgresqlConnectionFactory prepared = new PostgresqlConnectionFactory(ours.build());
        PostgresqlConnectionFactory plain = new PostgresqlConnectionFactory(
                builder("postgres").sslMode(SSLMode.DISABLE).build());
        PostgresqlConnectionFactory driverOnce = new PostgresqlConnectionFactory(driverOnly());

        Map<String, Supplier<PostgresqlConnectionFactory>> ways = new LinkedHashMap<>();
        ways.put("plain text", () -> plain);
        ways.put("TLS, material parsed once (tls module)", () -> prepared);
        ways.put("TLS, driver alone, files read once", () -> driverOnce);
        ways.put("TLS, driver alone, files read each time", () -> new PostgresqlConnectionFactory(driverOnly()));
        print(measure(ways));
    }

    /** The ways take turns, so that a busy machine is busy for all of them. */
    private static Map<String, Double> measure(Map<String, Supplier<PostgresqlConnectionFactory>> ways) {
        ways.values().forEach(way -> connect(way, WARM_UP));
        Map<String, double[]> times = new LinkedHashMap<>();
        for (int round = 0; round < ROUNDS; round++) {
            for (Map.Entry<String, Supplier<PostgresqlConnectionFactory>> way : ways.entrySet()) {
                double[] more = connect(way.getValue(), CONNECTIONS);
                times.merge(way.getKey(), more, ConnectBenchmark::joined);
            }
        }
        Map<String, Double> medians = new LinkedHashMap<>();
        times.forEach((way, all) -> medians.put(way, Arrays.stream(all).sorted().toArray()[all.length / 2]));
        return medians;
    }

    private static double[] joined(double[] first, double[] second) {
        double[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private static double[] connect(Supplier<PostgresqlConnectionFactory> way, int times) {
        double[] milliseconds = new double[times];
        for (int i = 0; i < times; i++) {
            long begin = System.nanoTime();
            // Until the connection is there; closing it does not count.
            milliseconds[i] = Mono.usingWhen(
                            way.get().create(),
                            connection -> Mono.just((System.nanoTime() - begin) / 1e6),
                            connection -> connection.close())
                    .blockOptional()
                    .orElseThrow();
        }
        return milliseconds;
    }

    private static void print(Map<String, Double> medians) {
        double plain = medians.values().iterator().next();
        System.out.printf(Locale.ROOT, "%-42s %10s %8s%n", "", "ms", "ratio");
        medians.forEach(
                (way, median) -> System.out.printf(Locale.ROOT, "%-42s %10.2f %7.1fx%n", way, median, median / plain));
    }

    private PostgresqlConnectionConfiguration driverOnly() {
        return builder("app")
                .sslMode(SSLMode.VERIFY_FULL)
                .sslCert(mount.resolve("tls.crt").toString())
                .sslKey(mount.resolve("tls.key").toString())
                .sslRootCert(mount.resolve("ca.crt").toString())
                .build();
    }

    private PostgresqlConnectionConfiguration.Builder builder(String user) {
        return PostgresqlConnectionConfiguration.builder()
                .host("localhost")
                .port(server.port())
                .database("postgres")
                .username(user);
    }
}
