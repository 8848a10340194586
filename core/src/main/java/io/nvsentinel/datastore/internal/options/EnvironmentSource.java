// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads options from environment variables, and from the URL and the YAML that some of them give. */
public final class EnvironmentSource {

    private static final String PROVIDER = "DATASTORE_PROVIDER";
    private static final String URL = "DATASTORE_URL";
    private static final String YAML = "DATASTORE_YAML";
    private static final String YAML_PATH = "DATASTORE_YAML_PATH";

    /** {@code DATASTORE_NAMESPACE} is for services that find their own way in Kubernetes. */
    private static final Set<String> KNOWN = Stream.concat(
                    Options.ALL.stream().map(Option::variable),
                    Stream.of(PROVIDER, URL, YAML, YAML_PATH, "DATASTORE_NAMESPACE"))
            .collect(Collectors.toUnmodifiableSet());

    private EnvironmentSource() {}

    /**
     * Adds what the environment says, below what was said by stronger sources.
     *
     * @param before what was said so far
     * @param environment names and values of variables
     * @return the values, with everything that is wrong in the environment
     */
    public static OptionValues read(OptionValues before, Map<String, String> environment) {
        return readOptions(before, ServiceLinks.removedFrom(environment));
    }

    private static OptionValues readOptions(OptionValues before, Map<String, String> environment) {
        OptionValues values = yaml(before, environment);
        for (String name : environment.keySet().stream().sorted().toList()) {
            if (name.startsWith("DATASTORE_") && !KNOWN.contains(name)) {
                values = values.withFault("unknown variable " + name + Nearest.hint(name, KNOWN));
            }
        }
        String url = text(environment, URL);
        if (!url.isEmpty()) {
            values = UrlSource.read(values, url, Source.urlVariable(URL));
        }
        values = Provider.check(values, text(environment, PROVIDER), PROVIDER);
        for (Option<?> option : Options.ALL) {
            values = one(values, option, environment);
        }
        return values;
    }

    private static OptionValues yaml(OptionValues before, Map<String, String> environment) {
        String text = environment.getOrDefault(YAML, "");
        String path = text(environment, YAML_PATH);
        if (!text.isBlank() && !path.isEmpty()) {
            return before.withFault(YAML + " and " + YAML_PATH + " contradict each other: set only one of them");
        }
        if (!text.isBlank()) {
            return YamlSource.read(before, text, YAML);
        }
        return path.isEmpty() ? before : yamlFile(before, path);
    }

    private static OptionValues yamlFile(OptionValues before, String path) {
        try {
            return YamlSource.read(before, Path.of(path), YAML_PATH);
        } catch (InvalidPathException e) {
            return before.withFault(YAML_PATH + " must be the path of a file");
        }
    }

    private static <T> OptionValues one(OptionValues values, Option<T> option, Map<String, String> environment) {
        // A password may begin and end with spaces, or consist of them.
        String text = option == Options.PASSWORD
                ? environment.getOrDefault(option.variable(), "")
                : text(environment, option.variable());
        boolean isGiven = option == Options.PASSWORD ? !text.isEmpty() : !text.isBlank();
        return !isGiven ? values : values.read(option, text, Source.variable(option.variable()));
    }

    private static String text(Map<String, String> environment, String name) {
        return environment.getOrDefault(name, "").strip();
    }
}
