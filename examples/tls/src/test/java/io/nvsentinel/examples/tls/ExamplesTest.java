// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.TlsMaterial;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.TlsContext;
import io.nvsentinel.tls.TlsException;
import io.nvsentinel.tls.TlsOptions;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import reactor.core.publisher.Mono;

/** Both examples at a server that asks for {@code cert clientcert=verify-full}. */
class ExamplesTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final TestCertificates CA = TestCertificates.create();
    private static final TestCertificate CLIENT = CA.client("app").issue();

    private static EmbeddedServer server;

    @TempDir
    Path mount;

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    @Import(TlsConfiguration.class)
    static class Application {}

    @BeforeAll
    static void start() {
        server = PostgresServer.embedded()
                .tls(TlsMaterial.of(CA.server("localhost").issue()))
                .certificateUser("app")
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void mount() {
        CLIENT.writeSecret(mount);
    }

    @Test
    void ownConnectionsLogInAndFollowARotation() {
        TlsOptions options = TlsOptions.builder()
                .mount(mount)
                .user("app")
                .reloadInterval(Duration.ofMillis(20))
                .build();
        try (TlsContext tls = TlsContext.open(options)) {
            ConnectionFactory factory = OwnConnections.factory(tls, "localhost", server.port(), "app");
            ConnectionPool pool = OwnConnections.pool(factory);
            assertThat(serialSeenByServer(pool)).isEqualTo(serial(CLIENT));
            TestCertificate next = CA.client("app").issue();
            next.writeSecret(mount);
            Await.until(
                    "the new one is in use",
                    SOON,
                    () -> serialSeenByServer(factory).equals(serial(next)));
            assertThat(serialSeenByServer(pool)).isEqualTo(serial(CLIENT));
            pool.disposeLater().block(SOON);
        }
    }

    @Test
    void springBootLogsIn() {
        try (ConfigurableApplicationContext application = application()) {
            ConnectionFactory factory = application.getBean(ConnectionFactory.class);
            assertThat(factory).isInstanceOf(ConnectionPool.class);
            assertThat(serialSeenByServer(factory)).isEqualTo(serial(CLIENT));
        }
    }

    @Test
    void springBootDoesNotStartWithWrongFiles() {
        CA.client("other").issue().writeSecret(mount);
        assertThatThrownBy(() -> application().close())
                .hasRootCauseInstanceOf(TlsException.class)
                .rootCause()
                .hasMessageContaining("its common name is \"other\", but the database user is \"app\"");
    }

    private ConfigurableApplicationContext application() {
        return new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .logStartupInfo(false)
                .run(
                        "--spring.r2dbc.url=r2dbc:postgresql://localhost:" + server.port() + "/postgres",
                        "--spring.r2dbc.username=app",
                        "--spring.main.banner-mode=off",
                        "--app.certificates=" + mount);
    }

    private static String serialSeenByServer(ConnectionFactory factory) {
        return Mono.usingWhen(
                        factory.create(),
                        connection -> Mono.from(connection
                                        .createStatement("SELECT client_serial::text FROM pg_stat_ssl"
                                                + " WHERE pid = pg_backend_pid()")
                                        .execute())
                                .flatMap(result -> Mono.from(result.map(row -> row.get(0, String.class)))),
                        Connection::close)
                .block(SOON);
    }

    private static String serial(TestCertificate certificate) {
        return certificate.certificate().getSerialNumber().toString();
    }
}
