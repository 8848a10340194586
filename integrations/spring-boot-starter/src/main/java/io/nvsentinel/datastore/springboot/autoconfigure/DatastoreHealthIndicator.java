// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.changestream.ChangeStreams;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.boot.health.contributor.Status;
import reactor.core.publisher.Mono;

/**
 * The health of the datastore and its streams for Spring Boot's health endpoint; does not block, and answers within
 * five seconds.
 */
final class DatastoreHealthIndicator implements ReactiveHealthIndicator {

    /** Worse than up, and no reason to take the application out of service; see {@link DegradedStatusOrder}. */
    private static final Status DEGRADED = new Status(DegradedStatusOrder.DEGRADED);

    private final ChangeStreams streams;

    DatastoreHealthIndicator(ChangeStreams streams) {
        this.streams = streams;
    }

    @Override
    public Mono<Health> health() {
        return streams.health().map(DatastoreHealthIndicator::toSpring);
    }

    private static Health toSpring(io.nvsentinel.datastore.Health health) {
        Health.Builder builder = Health.status(
                switch (health.state()) {
                    case UP -> Status.UP;
                    case DEGRADED -> DEGRADED;
                    case DOWN -> Status.DOWN;
                });
        builder.withDetails(health.details());
        return health.reasons().isEmpty()
                ? builder.build()
                : builder.withDetail("reasons", health.reasons()).build();
    }
}
