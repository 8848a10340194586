// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.changestream.ChangeStreams;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;

/** The component {@code datastore} of the health endpoint, if the application has Spring Boot's health. */
@AutoConfiguration(
        after = ChangeStreamsAutoConfiguration.class,
        beforeName =
                "org.springframework.boot.health.autoconfigure.registry.HealthContributorRegistryAutoConfiguration")
@ConditionalOnClass(ReactiveHealthIndicator.class)
@ConditionalOnBean(ChangeStreams.class)
public class DatastoreHealthAutoConfiguration {

    /** Creates the configuration. */
    public DatastoreHealthAutoConfiguration() {}

    /**
     * The health of the datastore and its streams.
     *
     * @param streams the streams
     * @return the indicator, which does not block and answers within five seconds
     */
    @Bean
    // Not on the class: without Spring Boot's health there is no such condition, and Spring loads all of a class at
    // once.
    @ConditionalOnEnabledHealthIndicator("datastore")
    @ConditionalOnMissingBean(name = "datastoreHealthIndicator")
    ReactiveHealthIndicator datastoreHealthIndicator(ChangeStreams streams) {
        return new DatastoreHealthIndicator(streams);
    }
}
