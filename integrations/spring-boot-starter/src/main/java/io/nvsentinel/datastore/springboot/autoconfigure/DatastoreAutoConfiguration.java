// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreListener;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.HealthEventStore;
import io.nvsentinel.datastore.MaintenanceEventStore;
import io.nvsentinel.datastore.springboot.DatastoreConnectionDetails;
import io.nvsentinel.datastore.springboot.DatastoreOptionsCustomizer;
import java.util.List;
import java.util.Objects;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.sql.init.dependency.DependsOnDatabaseInitialization;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.ConfigurableEnvironment;
import reactor.core.publisher.Mono;

/**
 * The datastore, unless {@code nvsentinel.datastore.enabled} is false. Each bean gives way to one of the application.
 */
@AutoConfiguration
@ConditionalOnBooleanProperty(name = DatastoreProperties.PREFIX + ".enabled", matchIfMissing = true)
public class DatastoreAutoConfiguration {

    /** Creates the configuration. */
    public DatastoreAutoConfiguration() {}

    /**
     * Options from customizers, from connection details, from {@code nvsentinel.datastore.*}, and from the variables of
     * {@link DatastoreOptions#fromEnvironment()}; the first that gives a value wins.
     *
     * @param environment the application's
     * @param details the connection details, if there are any
     * @param customizers the customizers, in order
     * @return the options
     */
    @Bean
    @ConditionalOnMissingBean({DatastoreOptions.class, Datastore.class})
    DatastoreOptions datastoreOptions(
            ConfigurableEnvironment environment,
            ObjectProvider<DatastoreConnectionDetails> details,
            ObjectProvider<DatastoreOptionsCustomizer> customizers) {
        DatastoreOptions.Builder options = DatastoreProperties.of(environment).options();
        details.ifAvailable(found -> apply(found, options));
        customizers.orderedStream().forEach(customizer -> customizer.customize(options));
        return options.build();
    }

    private static void apply(DatastoreConnectionDetails details, DatastoreOptions.Builder options) {
        options.host(details.getHost())
                .port(details.getPort())
                .database(details.getDatabase())
                .username(details.getUsername());
        String password = details.getPassword();
        if (password != null) {
            options.password(password);
        }
        if (details.getSslMode() != null) {
            options.sslMode(details.getSslMode());
        }
    }

    /**
     * Connects while the application starts, after its own migrations, and fails if the database does not answer. Spring closes
     * it, and waits for that, when everything else has stopped.
     *
     * @param options the options
     * @param listeners receive its events
     * @return the datastore
     */
    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    @DependsOnDatabaseInitialization
    Datastore datastore(DatastoreOptions options, ObjectProvider<DatastoreListener> listeners) {
        List<DatastoreListener> all = listeners.orderedStream().toList();
        // Without a listener, operations are not measured at all.
        Mono<Datastore> connecting =
                all.isEmpty() ? Datastore.connect(options) : Datastore.connect(options, new DatastoreListeners(all));
        return Objects.requireNonNull(connecting.block());
    }

    /**
     * The health events.
     *
     * @param datastore the datastore
     * @return the store
     */
    @Bean
    @ConditionalOnMissingBean
    HealthEventStore healthEventStore(Datastore datastore) {
        return datastore.healthEvents();
    }

    /**
     * The maintenance events.
     *
     * @param datastore the datastore
     * @return the store
     */
    @Bean
    @ConditionalOnMissingBean
    MaintenanceEventStore maintenanceEventStore(Datastore datastore) {
        return datastore.maintenanceEvents();
    }
}
