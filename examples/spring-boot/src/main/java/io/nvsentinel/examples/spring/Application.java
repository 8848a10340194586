// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.spring;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * Reports every change of a health event; {@code /actuator/health} and {@code /actuator/prometheus} report its state.
 */
@SpringBootApplication(proxyBeanMethods = false)
public class Application {

    /** Creates the application. */
    public Application() {}

    /**
     * Starts it, with the datastore of the {@code DATASTORE_*} variables.
     *
     * @param arguments Spring's
     */
    public static void main(String[] arguments) {
        SpringApplication.run(Application.class, arguments);
    }
}
