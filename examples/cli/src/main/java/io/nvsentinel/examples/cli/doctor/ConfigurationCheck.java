// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import io.nvsentinel.datastore.ConfiguredOption;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.error.ConfigurationException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Whether there are options that can be used, and where each value came from. */
final class ConfigurationCheck implements Check {

    @Override
    public String name() {
        return "configuration";
    }

    @Override
    public Need need() {
        return Need.NOTHING;
    }

    @Override
    public void run(Patient patient) {
        try {
            DatastoreOptions options = patient.arguments().options(SchemaMode.NONE);
            patient.configured(options);
            tell(patient, options);
        } catch (ConfigurationException e) {
            patient.fail(String.valueOf(e.getMessage()), "correct the named options", Map.of());
        }
    }

    private static void tell(Patient patient, DatastoreOptions options) {
        List<String> given = new ArrayList<>();
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        for (ConfiguredOption option : options.configured()) {
            if (option.name().startsWith("schemaMode") || option.name().equals("schemaWait")) {
                // Set by this tool, regardless of the configuration.
                continue;
            }
            String source = source(patient, option);
            Map<String, @Nullable Object> fact = new LinkedHashMap<>();
            fact.put("value", option.value());
            fact.put("source", source);
            facts.put(option.name(), fact);
            if (!source.equals(ConfiguredOption.DEFAULT)) {
                given.add(option.name() + "=" + option.value() + " (" + source + ")");
            }
        }
        patient.ok(
                String.join(", ", given) + "; " + (facts.size() - given.size()) + " other options have their defaults",
                facts);
    }

    private static String source(Patient patient, ConfiguredOption option) {
        if (option.source().equals(ConfiguredOption.BUILDER)) {
            return patient.arguments().names().getOrDefault(option.name(), option.source());
        }
        if (option.source().equals(ConfiguredOption.URL)) {
            return "--url";
        }
        boolean ownName = option.source().equals("APP_NAME")
                && !patient.invocation().environment().containsKey("APP_NAME");
        return ownName ? ConfiguredOption.DEFAULT : option.source();
    }
}
