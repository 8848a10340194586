// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import java.util.Locale;
import java.util.Map;
import org.springframework.boot.EnvironmentPostProcessor;
import org.springframework.boot.SpringApplication;
import org.springframework.core.env.ConfigurableEnvironment;
import org.springframework.core.env.MapPropertySource;

/**
 * Puts the status "degraded" between out of service and up, unless the application has an order. Spring Boot considers a status
 * that is in no order worse than down, so that a degraded datastore would hide what is down.
 */
final class DegradedStatusOrder implements EnvironmentPostProcessor {

    static final String DEGRADED = "DEGRADED";

    private static final String ORDER = "management.endpoint.health.status.order";

    DegradedStatusOrder() {}

    @Override
    public void postProcessEnvironment(ConfigurableEnvironment environment, SpringApplication application) {
        String order = "down,out-of-service," + DEGRADED.toLowerCase(Locale.ROOT) + ",up,unknown";
        environment.getPropertySources().addLast(new MapPropertySource("nvsentinelDatastore", Map.of(ORDER, order)));
    }
}
