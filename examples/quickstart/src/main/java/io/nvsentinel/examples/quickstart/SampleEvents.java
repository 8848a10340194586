// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.model.HealthEvent;
import io.nvsentinel.datastore.model.HealthEventDocument;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;

/** The health events that come with the quick start. */
final class SampleEvents {

    private final String nodePrefix;

    /**
     * Chooses the nodes' names.
     *
     * @param nodePrefix put before each node's name, so that samples are not mistaken for events of real nodes; may be
     *     empty
     */
    SampleEvents(String nodePrefix) {
        this.nodePrefix = nodePrefix;
    }

    /**
     * Documents as {@code mongoexport} writes them: Extended JSON, one a line.
     *
     * @return the documents, in the order of the lines
     */
    List<HealthEventDocument> exported() {
        return new String(bytes("health_events.json"), StandardCharsets.UTF_8)
                .lines()
                .map(line -> JsonCodec.jackson3().readTree(line.getBytes(StandardCharsets.UTF_8)))
                .map(HealthEventDocument::fromTree)
                .map(document -> new HealthEventDocument(
                        document.createdAt(), renamed(document.event()), document.status(), document.extra()))
                .toList();
    }

    /** XID error 79: a GPU that fell off the bus, as a monitor publishes it. */
    HealthEventDocument xid79() {
        return published("xid-79-error.json");
    }

    /** A fatal event, as a monitor publishes it. */
    HealthEventDocument fatal() {
        return published("fatal-health-event.json");
    }

    private HealthEventDocument published(String file) {
        HealthEvent event = HealthEvent.fromTree(JsonCodec.jackson3().readTree(bytes(file)));
        return HealthEventDocument.of(Instant.now(), renamed(event));
    }

    private HealthEvent renamed(HealthEvent event) {
        return event.toBuilder().nodeName(nodePrefix + event.nodeName()).build();
    }

    private static byte[] bytes(String file) {
        try (InputStream in = SampleEvents.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new QuickstartException("the program is incomplete: " + file + " is missing");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
