// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.datastore.DatastoreOptions;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.ConfigurableEnvironment;

/**
 * The properties of the datastore. The table of options in core knows their names, values and checks, so that each option
 * there is a property here.
 *
 * @param variables the variables of the process
 * @param properties the properties, without the prefix
 */
record DatastoreProperties(Map<String, String> variables, Map<String, String> properties) {

    static final String PREFIX = "nvsentinel.datastore";

    static DatastoreProperties of(ConfigurableEnvironment environment) {
        Map<String, String> properties = new HashMap<>(Binder.get(environment)
                .bind(PREFIX, Bindable.mapOf(String.class, String.class))
                .orElseGet(Map::of));
        properties.keySet().removeIf(DatastoreProperties::isNoOption);
        Map<String, String> variables = new HashMap<>();
        environment.getSystemEnvironment().forEach((name, value) -> variables.put(name, String.valueOf(value)));
        return new DatastoreProperties(variables, properties);
    }

    /** The switch of the auto-configuration, and the properties that {@link ChangeStreamProperties} reads and checks. */
    private static boolean isNoOption(String name) {
        String spelled = name.toLowerCase(Locale.ROOT).replace("-", "");
        return spelled.equals("enabled") || spelled.startsWith("changestream.");
    }

    DatastoreOptions.Builder options() {
        return DatastoreOptions.builder().environment(variables).properties(PREFIX + ".", properties);
    }
}
