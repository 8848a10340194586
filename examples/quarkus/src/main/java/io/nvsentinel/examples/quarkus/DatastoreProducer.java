// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quarkus;

import io.micrometer.core.instrument.MeterRegistry;
import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.metrics.ChangeStreamMetrics;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.eclipse.microprofile.config.Config;

/** The datastore and its change streams as beans. {@link Lifecycle} makes them at the start, and closes them at the end. */
final class DatastoreProducer {

    private static final String PREFIX = "datastore.";

    /**
     * Options: the variables, and what any source of Quarkus's configuration says under the same names, where
     * {@code datastore.max-connections} is {@code DATASTORE_MAX_CONNECTIONS}. Of the two the stronger source wins: a variable
     * over {@code application.properties}.
     */
    @Produces
    @Singleton
    DatastoreOptions options(Config config) {
        Map<String, String> variables = new HashMap<>(System.getenv());
        for (String name : config.getPropertyNames()) {
            if (name.startsWith(PREFIX)) {
                config.getOptionalValue(name, String.class).ifPresent(value -> variables.put(variable(name), value));
            }
        }
        return DatastoreOptions.fromEnvironment(variables);
    }

    private static String variable(String name) {
        return name.replace('.', '_').replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /** Being a {@code MeterBinder}, it is bound to Quarkus's registry by Quarkus. */
    @Produces
    @Singleton
    DatastoreMetrics metrics() {
        return new DatastoreMetrics();
    }

    /** Connects while the application starts, on a thread that may wait; the start fails if the database does not answer. */
    @Produces
    @Singleton
    Datastore datastore(DatastoreOptions options, DatastoreMetrics metrics) {
        return Objects.requireNonNull(Datastore.connect(options, metrics).block());
    }

    @Produces
    @Singleton
    ChangeStreams changeStreams(Datastore datastore, MeterRegistry registry) {
        return ChangeStreams.of(
                datastore,
                ChangeStreamOptions.builder()
                        .listener(new ChangeStreamMetrics(registry))
                        .build());
    }
}
