// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Reads options from the properties of an application framework, by the names of the options in any spelling. */
public final class PropertySource {

    private static final String URL = "url";
    private static final String YAML_PATH = "yaml-path";

    private static final Map<String, Option<?>> OPTIONS = Options.ALL.stream()
            .collect(Collectors.toUnmodifiableMap(option -> letters(option.name()), option -> option));

    private static final List<String> KNOWN = Stream.concat(
                    Stream.of(URL, YAML_PATH), Options.ALL.stream().map(option -> hyphenated(option.name())))
            .toList();

    private PropertySource() {}

    /**
     * Adds what properties say, with the precedence of the builder's own methods.
     *
     * @param before what was said so far
     * @param prefix how errors begin the name of a property, such as {@code nvsentinel.datastore.}
     * @param properties names, without the prefix, and values
     * @return the values, with everything that is wrong in the properties
     */
    public static OptionValues read(OptionValues before, String prefix, Map<String, String> properties) {
        Map<String, String> given = new TreeMap<>(properties);
        given.entrySet().removeIf(property -> isServiceLink(property.getKey(), property.getValue()));
        OptionValues values = before;
        for (Map.Entry<String, String> property : given.entrySet()) {
            values = whole(values, prefix + property.getKey(), letters(property.getKey()), property.getValue());
        }
        // After a URL, because of two values in properties the one with the option's own name wins.
        for (Map.Entry<String, String> property : given.entrySet()) {
            Option<?> option = OPTIONS.get(letters(property.getKey()));
            values = option == null ? values : one(values, option, property.getValue(), prefix + property.getKey());
        }
        return values;
    }

    /** Reads a property that is several options at once, and rejects one that is none. */
    private static OptionValues whole(OptionValues values, String name, String letters, String value) {
        if (letters.equals(letters(URL))) {
            return value.isBlank() ? values : UrlSource.read(values, value.strip(), Source.property(name));
        }
        if (letters.equals(letters(YAML_PATH))) {
            return value.isBlank() ? values : yaml(values, name, value.strip());
        }
        if (OPTIONS.containsKey(letters)) {
            return values;
        }
        String own = name.substring(name.lastIndexOf('.') + 1);
        return values.withFault("unknown property " + Shown.name(name) + Nearest.hint(own, KNOWN));
    }

    private static OptionValues yaml(OptionValues values, String name, String path) {
        try {
            return YamlSource.read(values, Path.of(path), name);
        } catch (InvalidPathException withText) {
            return values.withFault(name + " must be the path of a file");
        }
    }

    private static OptionValues one(OptionValues values, Option<?> option, String value, String name) {
        // A password may begin and end with spaces, or consist of them.
        boolean isGiven = option == Options.PASSWORD ? !value.isEmpty() : !value.isBlank();
        String text = option == Options.PASSWORD ? value : value.strip();
        return isGiven ? values.read(option, text, Source.property(name)) : values;
    }

    /** A Service named as the prefix has variables that a framework reads as properties. */
    private static boolean isServiceLink(String name, @Nullable String value) {
        String variable = name.replaceAll("[.-]", "_").toUpperCase(Locale.ROOT);
        return value != null && ServiceLinks.isLink("DATASTORE_" + variable, value);
    }

    private static String letters(String name) {
        return name.replaceAll("[^A-Za-z0-9]", "").toLowerCase(Locale.ROOT);
    }

    private static String hyphenated(String name) {
        return name.replaceAll("(?=[A-Z])", "-").toLowerCase(Locale.ROOT);
    }
}
