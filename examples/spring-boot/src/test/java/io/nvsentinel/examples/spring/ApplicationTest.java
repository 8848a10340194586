// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.spring;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/** The application as Kubernetes and Prometheus see it. */
class ApplicationTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final Duration SOON = Duration.ofSeconds(60);
    private static final Path MANIFEST = Path.of(System.getProperty("basedir", ""))
            .toAbsolutePath()
            .getParent()
            .resolve("kubernetes/application.yaml");

    private final HttpClient http = HttpClient.newHttpClient();

    @TempDir
    Path directory;

    private int port;

    private ConfigurableApplicationContext start(TcpProxy proxy) throws IOException {
        TestDatabase database = DATABASE.get();
        Path yaml = directory.resolve("datastore.yaml");
        Files.writeString(
                yaml,
                String.join(
                        "\n",
                        "connection:",
                        "  host: localhost",
                        "  port: " + proxy.port(),
                        "  database: " + database.name(),
                        "  username: " + database.user(),
                        "  password: \"" + (database.password() == null ? "" : database.password()) + "\"",
                        "  sslmode: disable"));
        ConfigurableApplicationContext application = new SpringApplicationBuilder(Application.class)
                .logStartupInfo(false)
                .run("--server.port=0", "--spring.main.banner-mode=off", "--nvsentinel.datastore.yaml-path=" + yaml);
        port = ((WebServerApplicationContext) application).getWebServer().getPort();
        return application;
    }

    private HttpResponse<String> get(String path) {
        try {
            return http.send(
                    HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                            .build(),
                    BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("Interrupted", e);
        }
    }

    @Test
    void probesHealthAndMetricsTellHowItIs() throws Exception {
        try (TcpProxy proxy = TcpProxy.to(DATABASE.get().host(), DATABASE.get().port());
                ConfigurableApplicationContext application = start(proxy)) {
            assertThat(application.isRunning()).isTrue();
            for (String path :
                    List.of("/actuator/health/liveness", "/actuator/health/readiness", "/actuator/prometheus")) {
                assertThat(Files.readString(MANIFEST)).contains("path: " + path + "\n");
                assertThat(get(path).statusCode()).as(path).isEqualTo(200);
            }
            String health = Await.until(
                    "the stream listens",
                    SOON,
                    () -> get("/actuator/health").body(),
                    body -> body.contains("\"listening\":true"));
            assertThat(health).contains("\"role\":\"primary\"", "\"schemaVersion\"", "\"watches\":1", "\"max\":");

            DATABASE.execute("INSERT INTO health_events (data) VALUES ('{}')");
            Await.until("it is handled and stored", SOON, () -> {
                String metrics = get("/actuator/prometheus").body();
                return metrics.contains("nvsentinel_changestream_tokens_stored_total{client=\"spring-example\"}")
                        && metrics.contains("nvsentinel_datastore_pool_max_connections 25.0")
                        && metrics.contains("nvsentinel_datastore_up 1.0")
                        && metrics.contains("nvsentinel_datastore_queries_seconds_count")
                        && metrics.contains("nvsentinel_datastore_operations_seconds_count");
            });

            proxy.refuse();
            proxy.cut();
            assertThat(get("/actuator/health/readiness").statusCode()).isEqualTo(503);
            assertThat(get("/actuator/health/liveness").statusCode()).isEqualTo(200);
            proxy.heal();
            Await.until(
                    "ready again", SOON, () -> get("/actuator/health/readiness").statusCode() == 200);
        }
        assertThat(DATABASE.queryForString("SELECT leased_until IS NULL FROM resume_tokens"))
                .as("left in good order")
                .isIn("t", "true");
    }
}
