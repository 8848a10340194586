// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.scenario;

import io.nvsentinel.examples.benchmarks.NotMeasuredException;
import io.nvsentinel.examples.benchmarks.Scenario;
import io.nvsentinel.examples.benchmarks.Stage;
import io.nvsentinel.examples.benchmarks.measure.Clock;
import io.nvsentinel.examples.benchmarks.measure.Contender;
import io.nvsentinel.examples.benchmarks.measure.Figure;
import io.nvsentinel.examples.benchmarks.measure.Goal;
import io.nvsentinel.examples.benchmarks.measure.Series;
import io.nvsentinel.examples.benchmarks.server.Database;
import io.nvsentinel.examples.benchmarks.server.MeasuredServer;
import io.nvsentinel.tls.SslMode;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsOptions;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.client.SSLMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;

/** What a connection costs: in plain text, with the library's TLS material, and with the driver reading the files. */
final class TlsConnect implements Scenario {

    private static final String OURS = "this library's tls";
    private static final String DRIVER = "the driver reads the files";
    private static final String PLAIN = "plain text";

    @Override
    public String name() {
        return "tls-connect";
    }

    @Override
    public String description() {
        return "connect, one query, close: verify-full with a client certificate, beside the driver's own way and plain text";
    }

    @Override
    public void run(Stage stage) throws IOException {
        Path directory = Files.createTempDirectory("benchmark-tls");
        try {
            Path secret = directory.resolve("certificates");
            if (!stage.server().writeCertificates(secret)) {
                throw new NotMeasuredException("a given server has no certificates that are known here");
            }
            measure(stage, secret);
        } finally {
            delete(directory);
        }
    }

    private void measure(Stage stage, Path secret) {
        Database plain = stage.server().admin();
        Database database =
                new Database("localhost", plain.port(), plain.name(), MeasuredServer.CERTIFICATE_USER, null);
        TlsOptions options = TlsOptions.builder()
                .user(MeasuredServer.CERTIFICATE_USER)
                .mode(SslMode.VERIFY_FULL)
                .certificate(secret.resolve("tls.crt"))
                .key(secret.resolve("tls.key"))
                .rootCertificate(secret.resolve("ca.crt"))
                .build();
        try (TlsContext tls = TlsContext.open(options)) {
            PostgresqlConnectionConfiguration.Builder ours = database.r2dbc();
            tls.configure(ours);
            PostgresqlConnectionConfiguration.Builder driver = database.r2dbc()
                    .sslMode(SSLMode.VERIFY_FULL)
                    .sslCert(secret.resolve("tls.crt").toString())
                    .sslKey(secret.resolve("tls.key").toString())
                    .sslRootCert(secret.resolve("ca.crt").toString());
            int times = stage.choose(5, 60, 200);
            List<Contender<Double>> contenders = List.of(
                    contender(OURS, ours, times),
                    contender(DRIVER, driver, times),
                    contender(PLAIN, plain.r2dbc(), times));
            List<Series> series = stage.rounds("connect").warmedUp(contenders).entrySet().stream()
                    .map(entry -> new Series(entry.getKey(), entry.getValue()))
                    .toList();
            stage.report()
                    .figure(new Figure(
                            name(), "connect, one query, close", "ms", series, List.of(Goal.atMost(OURS, 1, DRIVER))));
        }
    }

    private static Contender<Double> contender(
            String name, PostgresqlConnectionConfiguration.Builder configuration, int times) {
        PostgresqlConnectionFactory factory = new PostgresqlConnectionFactory(configuration.build());
        return new Contender<>(
                name,
                () -> Clock.seconds(() -> {
                            for (int i = 0; i < times; i++) {
                                connect(factory);
                            }
                            return null;
                        })
                        * 1_000
                        / times);
    }

    private static void connect(PostgresqlConnectionFactory factory) {
        Mono.usingWhen(
                        factory.create(),
                        connection -> connection
                                .createStatement("SELECT 1")
                                .execute()
                                .concatMap(result -> result.map((row, metadata) -> 1))
                                .then(),
                        connection -> connection.close())
                .block();
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> tree = Files.walk(directory)) {
            for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }
}
