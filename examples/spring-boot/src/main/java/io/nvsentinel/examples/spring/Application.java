// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.spring;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.datastore.springboot.ChangeHandler;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import reactor.core.publisher.Mono;

/** Reports every change of a health event; {@code /actuator/health} and {@code /actuator/prometheus} report its state. */
@SpringBootApplication(proxyBeanMethods = false)
public class Application {

    private static final Logger LOG = LoggerFactory.getLogger(Application.class);

    /** Creates the application. */
    public Application() {}

    /**
     * Starts it, with the datastore of {@code nvsentinel.datastore.*} or of the {@code DATASTORE_*} variables.
     *
     * @param arguments Spring's
     */
    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }

    @ChangeHandler(client = "spring-example", onFailure = OnFailure.DEAD_LETTER)
    Mono<Void> handle(ChangeEvent<HealthEventDocument> change) {
        return Mono.fromRunnable(() -> LOG.info("{} of health event {}", change.operation(), change.recordId()));
    }
}
