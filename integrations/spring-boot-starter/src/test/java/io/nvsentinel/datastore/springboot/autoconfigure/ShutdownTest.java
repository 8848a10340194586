// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.datastore.springboot.ChangeHandler;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.web.server.context.WebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A web application that is stopped while a handler works, a request is in flight and a browser receives changes. */
@Tag("essential")
class ShutdownTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.empty();

    private static final Duration SOON = Duration.ofSeconds(30);

    @SpringBootConfiguration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = R2dbcAutoConfiguration.class)
    @RestController
    static class Application {

        final CountDownLatch requestArrived = new CountDownLatch(1);
        final CountDownLatch handlerCalled = new CountDownLatch(1);
        final Sinks.Empty<Void> requestMayComplete = Sinks.empty();
        final Sinks.Empty<Void> handlerMayComplete = Sinks.empty();
        final Queue<String> done = new ConcurrentLinkedQueue<>();

        private final HealthEventStore events;
        private final ChangeStreams streams;

        Application(HealthEventStore events, ChangeStreams streams) {
            this.events = events;
            this.streams = streams;
        }

        @ChangeHandler(client = "slow")
        Mono<Void> on(ChangeEvent<HealthEventDocument> change) {
            return Mono.fromRunnable(handlerCalled::countDown)
                    .then(handlerMayComplete.asMono())
                    .doOnSuccess(handled -> done.add("handler"));
        }

        @GetMapping("/slow")
        Mono<Long> slow() {
            return Mono.fromRunnable(requestArrived::countDown)
                    .then(requestMayComplete.asMono())
                    .then(events.count(Filter.all()))
                    .doOnSuccess(answered -> done.add("request"));
        }

        @GetMapping(path = "/changes", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
        Flux<String> changes() {
            return streams.watch(events, WatchOptions.builder().build())
                    .map(change -> String.valueOf(change.operation()))
                    .startWith("open")
                    .doOnComplete(() -> done.add("changes"));
        }
    }

    private static HttpRequest request(ConfigurableApplicationContext application, String path) {
        int port = ((WebServerApplicationContext) application).getWebServer().getPort();
        return HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                .build();
    }

    @Test
    void streamsStopBeforeTheWebServerAndTheDatastoreAfterIt() throws Exception {
        ConfigurableApplicationContext context = new SpringApplicationBuilder(Application.class)
                .properties(TestProperties.of(DATABASE))
                .properties("server.port=0", "spring.main.banner-mode=off")
                .run();
        Application application = context.getBean(Application.class);
        HttpClient http = HttpClient.newHttpClient();
        Queue<String> lines = new ConcurrentLinkedQueue<>();
        HttpResponse<Stream<String>> changes = http.send(request(context, "/changes"), BodyHandlers.ofLines());
        CompletableFuture<Void> browser =
                CompletableFuture.runAsync(() -> changes.body().forEach(lines::add));
        Await.until("the browser receives", SOON, () -> lines.contains("data:open"));
        CompletableFuture<HttpResponse<String>> request =
                http.sendAsync(request(context, "/slow"), BodyHandlers.ofString());
        assertThat(application.requestArrived.await(30, TimeUnit.SECONDS)).isTrue();
        Await.until(
                "the handler is open",
                SOON,
                () -> "1".equals(DATABASE.queryForString("SELECT count(*) FROM resume_tokens")));
        DATABASE.execute("INSERT INTO health_events (data) VALUES ('{}')");
        assertThat(application.handlerCalled.await(30, TimeUnit.SECONDS)).isTrue();

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(context::close);
        browser.get(30, TimeUnit.SECONDS);
        application.handlerMayComplete.tryEmitEmpty();
        Await.until(
                "the position is stored, and the name released",
                SOON,
                () -> "1"
                        .equals(
                                DATABASE.queryForString(
                                        "SELECT count(*) FROM resume_tokens"
                                                + " WHERE leased_until IS NULL AND position = (SELECT max(id) FROM datastore_changelog)")));
        assertThat(stopped).as("waits for the request").isNotDone();
        application.requestMayComplete.tryEmitEmpty();

        HttpResponse<String> response = request.get(30, TimeUnit.SECONDS);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("1");
        stopped.get(30, TimeUnit.SECONDS);
        assertThat(application.done).containsExactly("changes", "handler", "request");
    }
}
