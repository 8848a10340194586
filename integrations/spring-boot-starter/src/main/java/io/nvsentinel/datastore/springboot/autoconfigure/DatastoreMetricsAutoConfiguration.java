// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.micrometer.core.instrument.MeterRegistry;
import io.nvsentinel.changestream.metrics.ChangeStreamMetrics;
import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** The meters of the datastore and its streams, if the application has a registry of Micrometer. */
@AutoConfiguration(
        before = {DatastoreAutoConfiguration.class, ChangeStreamsAutoConfiguration.class},
        afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass(MeterRegistry.class)
@ConditionalOnBean(MeterRegistry.class)
@ConditionalOnBooleanProperty(name = DatastoreProperties.PREFIX + ".enabled", matchIfMissing = true)
public class DatastoreMetricsAutoConfiguration {

    /** Creates the configuration. */
    public DatastoreMetricsAutoConfiguration() {}

    /**
     * The meters of the datastore: a listener of the datastore, and a {@code MeterBinder} that Spring Boot binds to its registry.
     *
     * @return the meters
     */
    @Bean
    @ConditionalOnMissingBean
    DatastoreMetrics datastoreMetrics() {
        return new DatastoreMetrics();
    }

    /**
     * The meters of the change streams.
     *
     * @param registry the application's
     * @return the meters
     */
    @Bean
    @ConditionalOnMissingBean
    ChangeStreamMetrics changeStreamMetrics(MeterRegistry registry) {
        return new ChangeStreamMetrics(registry);
    }

    /**
     * Reads once a minute what only the database knows.
     *
     * @param metrics the meters of the datastore
     * @return started and stopped by Spring
     */
    @Bean
    DatastoreSampling datastoreSampling(DatastoreMetrics metrics) {
        return new DatastoreSampling(metrics);
    }
}
