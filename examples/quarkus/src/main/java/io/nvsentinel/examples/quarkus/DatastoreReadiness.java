// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import io.nvsentinel.datastore.Health;
import io.nvsentinel.datastore.Health.State;
import io.smallrye.health.api.AsyncHealthCheck;
import io.smallrye.mutiny.Uni;
import jakarta.inject.Singleton;
import java.util.TreeMap;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * The check {@code datastore} of {@code /q/health/ready}; does not block, and answers within five seconds. A degraded
 * datastore works, so it does not take the application out of service.
 */
@Readiness
@Singleton
final class DatastoreReadiness implements AsyncHealthCheck {

    private final MutinyEvents events;

    DatastoreReadiness(MutinyEvents events) {
        this.events = events;
    }

    @Override
    public Uni<HealthCheckResponse> call() {
        return events.health().map(DatastoreReadiness::toQuarkus);
    }

    private static HealthCheckResponse toQuarkus(Health health) {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("datastore")
                .status(health.state() != State.DOWN)
                .withData("state", health.state().name());
        new TreeMap<>(health.details()).forEach((name, value) -> add(response, name, value));
        return health.reasons().isEmpty()
                ? response.build()
                : response.withData("reasons", String.join("\n", health.reasons()))
                        .build();
    }

    /** MicroProfile knows three types; others, the pool's figures for instance, are shown as text. */
    private static void add(HealthCheckResponseBuilder response, String name, Object value) {
        if (value instanceof Boolean truth) {
            response.withData(name, truth);
        } else if (value instanceof Integer || value instanceof Long) {
            response.withData(name, ((Number) value).longValue());
        } else {
            response.withData(name, value.toString());
        }
    }
}
