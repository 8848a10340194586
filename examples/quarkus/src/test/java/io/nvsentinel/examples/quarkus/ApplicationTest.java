// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.TestDatabase;
import io.nvsentinel.testserver.proxy.TcpProxy;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The application as Kubernetes, Prometheus and a browser see it. */
@QuarkusTest
@QuarkusTestResource(ProxiedDatabase.class)
class ApplicationTest {

    private static final Duration SOON = Duration.ofSeconds(60);

    private final HttpClient http = HttpClient.newHttpClient();

    @TestHTTPResource
    URI uri;

    TcpProxy proxy;

    TestDatabase database;

    private <T> HttpResponse<T> send(HttpRequest.Builder request, BodyHandler<T> body) {
        try {
            return http.send(request.timeout(SOON).build(), body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException("Interrupted", e);
        }
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(uri.resolve(path));
    }

    private HttpResponse<String> get(String path) {
        return send(to(path), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String event) {
        return send(
                to("/events").header("Content-Type", "application/json").POST(BodyPublishers.ofString(event)),
                BodyHandlers.ofString());
    }

    private UUID store(String node) {
        HttpResponse<String> response = post("{\"nodeName\":\"" + node + "\",\"isFatal\":true}");
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        return UUID.fromString(response.body());
    }

    private ServerSentEvents listen(HttpRequest.Builder request) {
        return new ServerSentEvents(http, request.build());
    }

    private static void assertChange(Map<String, String> event, String node, UUID id) {
        assertThat(event.get("data"))
                .contains("\"operation\":\"INSERT\"", "\"node\":\"" + node + "\"", "\"id\":\"" + id + "\"");
    }

    @Test
    void whatIsStoredArrivesAndAListenerThatComesAgainMissesNothing() {
        String position;
        try (ServerSentEvents events = listen(to("/events/changes"))) {
            assertThat(events.await(1, SOON).get(0)).containsEntry("event", "watching");
            UUID id = store("a");
            Map<String, String> change = events.await(2, SOON).get(1);
            assertChange(change, "a", id);
            position = change.get("id");
        }
        UUID missed = store("b");
        try (ServerSentEvents events = listen(to("/events/changes").header("Last-Event-ID", position))) {
            List<Map<String, String>> both = events.await(2, SOON);
            assertThat(both.get(0)).containsEntry("event", "watching").containsEntry("id", position);
            assertChange(both.get(1), "b", missed);
        }
        // Each meter once: only Quarkus binds the meters.
        String stored = database.queryForString("SELECT count(*) FROM health_events") + ".0\n";
        Await.until(
                "metrics contain it",
                SOON,
                () -> get("/q/metrics").body(),
                metrics -> Stream.of(
                                "nvsentinel_changestream_changes_read_total{",
                                "nvsentinel_datastore_up 1.0\n",
                                "nvsentinel_datastore_pool_max_connections 10.0\n",
                                "nvsentinel_datastore_queries_seconds_count{outcome=\"ok\",statement=\"insert\"} "
                                        + stored,
                                "nvsentinel_datastore_operations_seconds_count{kind=\"write\","
                                        + "operation=\"Insert into health_events\",outcome=\"ok\"} " + stored)
                        .allMatch(metrics::contains));
    }

    @Test
    void whatCannotBeUnderstoodIsRefused() {
        assertThat(post("{\"nodeName\":").statusCode()).isEqualTo(400);
        assertThat(send(to("/events/changes").header("Last-Event-ID", "nowhere"), BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void isReadyWhileTheDatabaseAnswersAndAliveAlways() {
        HttpResponse<String> ready = get("/q/health/ready");
        assertThat(ready.statusCode()).as(ready.body()).isEqualTo(200);
        assertThat(ready.body()).contains("\"role\": \"primary\"", "\"state\": \"UP\"", "\"schemaVersion\"");

        proxy.refuse();
        proxy.cut();
        assertThat(get("/q/health/ready").statusCode()).isEqualTo(503);
        assertThat(get("/q/health/live").statusCode()).isEqualTo(200);
        HttpResponse<String> later = post("{\"nodeName\":\"later\"}");
        assertThat(later.statusCode()).as(later.body()).isEqualTo(503);
        assertThat(later.body()).contains("Insert into health_events");
        proxy.heal();
        Await.until("ready again", SOON, () -> get("/q/health/ready").statusCode() == 200);
        store("later");
        assertThat(database.queryForString("SELECT count(*) FROM health_events WHERE node_name = 'later'"))
                .isEqualTo("1");
    }
}
