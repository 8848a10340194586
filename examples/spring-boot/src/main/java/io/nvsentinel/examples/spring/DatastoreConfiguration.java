// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.spring;

import io.micrometer.core.instrument.MeterRegistry;
import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.metrics.ChangeStreamMetrics;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import java.nio.file.Path;
import java.util.Objects;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.health.contributor.ReactiveHealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** The datastore and its change streams as beans. {@link Background} runs them, and closes them when Spring stops. */
@Configuration(proxyBeanMethods = false)
public class DatastoreConfiguration {

    /** Creates the configuration. */
    public DatastoreConfiguration() {}

    /**
     * Options: from a YAML file if one is named, else from the variables.
     *
     * @param yaml the file's path, or nothing
     * @return the options
     */
    @Bean
    public DatastoreOptions datastoreOptions(@Value("${app.datastore:}") String yaml) {
        return yaml.isEmpty() ? DatastoreOptions.fromEnvironment() : DatastoreOptions.fromYaml(Path.of(yaml));
    }

    /**
     * Being a {@code MeterBinder}, it is bound to Spring's registry by Spring.
     *
     * @return the meters
     */
    @Bean
    public DatastoreMetrics datastoreMetrics() {
        return new DatastoreMetrics();
    }

    /**
     * Connects while the application starts, which fails if the database does not answer. Spring must not call its
     * {@code close()}, which does nothing until it is subscribed to.
     *
     * @param options the options
     * @param metrics receives its events
     * @return the datastore
     */
    @Bean(destroyMethod = "")
    public Datastore datastore(DatastoreOptions options, DatastoreMetrics metrics) {
        return Objects.requireNonNull(Datastore.connect(options, metrics).block());
    }

    /**
     * Change streams that are measured.
     *
     * @param datastore the datastore
     * @param registry Spring's
     * @return the streams
     */
    @Bean(destroyMethod = "")
    public ChangeStreams changeStreams(Datastore datastore, MeterRegistry registry) {
        return ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .listener(new ChangeStreamMetrics(registry))
                        .build());
    }

    /**
     * The component {@code datastore} of {@code /actuator/health}.
     *
     * @param streams the streams
     * @return the indicator
     */
    @Bean
    public ReactiveHealthIndicator datastoreHealthIndicator(ChangeStreams streams) {
        return new DatastoreHealthIndicator(streams);
    }
}
