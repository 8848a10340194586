// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import io.nvsentinel.testserver.Await;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Listens as a browser's {@code EventSource} does, until it is closed. */
final class ServerSentEvents implements AutoCloseable {

    private final AssertSubscriber<String> lines = AssertSubscriber.create(Long.MAX_VALUE);

    ServerSentEvents(HttpClient http, HttpRequest request) {
        http.sendAsync(request, BodyHandlers.fromLineSubscriber(lines));
    }

    /** Waits until there are that many, each with its fields by name. */
    List<Map<String, String>> await(int events, Duration max) {
        return Await.until(events + " events", max, this::received, received -> received.size() >= events);
    }

    private List<Map<String, String>> received() {
        List<Map<String, String>> events = new ArrayList<>();
        Map<String, String> event = new HashMap<>();
        for (String line : lines.getItems()) {
            if (!line.isEmpty()) {
                String[] field = line.split(":", 2);
                event.put(field[0], field[1].trim());
            } else if (!event.isEmpty()) {
                events.add(event);
                event = new HashMap<>();
            }
        }
        return events;
    }

    @Override
    public void close() {
        lines.cancel();
    }
}
