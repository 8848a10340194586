// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.ChangeStreamOptions;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.springboot.ChangeHandlerCustomizer;
import io.nvsentinel.datastore.springboot.ChangeStreamOptionsCustomizer;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.thread.Threading;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;
import org.springframework.core.task.VirtualThreadTaskExecutor;
import org.springframework.core.task.support.ExecutorServiceAdapter;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/** The change streams of the datastore, and the handlers of changes. */
@AutoConfiguration(after = DatastoreAutoConfiguration.class)
@ConditionalOnBean(Datastore.class)
@EnableConfigurationProperties(ChangeStreamProperties.class)
public class ChangeStreamsAutoConfiguration {

    /** Creates the configuration. */
    public ChangeStreamsAutoConfiguration() {}

    /**
     * Change streams. They are closed before the web server stops, so that a response that streams changes completes; Spring
     * closes them even if the application does not start.
     *
     * @param datastore the datastore
     * @param properties the properties
     * @param listeners receive events of the streams
     * @param customizers the customizers, in order
     * @return the streams
     */
    @Bean(destroyMethod = "close")
    @ConditionalOnMissingBean
    ChangeStreams changeStreams(
            Datastore datastore,
            ChangeStreamProperties properties,
            ObjectProvider<ChangeStreamListener> listeners,
            ObjectProvider<ChangeStreamOptionsCustomizer> customizers) {
        ChangeStreamOptions.Builder options = properties.options();
        listeners.orderedStream().forEach(options::listener);
        customizers.orderedStream().forEach(customizer -> customizer.customize(options));
        return ChangeStreams.of(datastore, options.build());
    }

    /**
     * Runs the handlers.
     *
     * @param beans all beans, among them those with handlers
     * @param datastore the datastore
     * @param streams its streams
     * @param environment says whether there are virtual threads
     * @param customizers the customizers, in order
     * @return started and stopped by Spring
     */
    @Bean
    ChangeHandlers changeHandlers(
            ConfigurableListableBeanFactory beans,
            Datastore datastore,
            ChangeStreams streams,
            Environment environment,
            ObjectProvider<ChangeHandlerCustomizer> customizers) {
        return new ChangeHandlers(
                beans,
                datastore,
                streams,
                blocking(environment),
                customizers.orderedStream().toList());
    }

    private static Scheduler blocking(Environment environment) {
        return Threading.VIRTUAL.isActive(environment)
                ? Schedulers.fromExecutorService(
                        new ExecutorServiceAdapter(new VirtualThreadTaskExecutor("change-handler-")))
                : Schedulers.boundedElastic();
    }
}
