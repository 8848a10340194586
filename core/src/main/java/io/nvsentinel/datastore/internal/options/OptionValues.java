// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.ConfiguredOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The value of each option, its source, and its error. Immutable. */
public final class OptionValues {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.options");

    /** Nothing given. */
    public static final OptionValues NONE = new OptionValues(Map.of(), List.of());

    private final Map<Option<?>, Given> given;
    private final List<String> faults;

    private OptionValues(Map<Option<?>, Given> given, List<String> faults) {
        this.given = given;
        this.faults = faults;
    }

    /** A value, or null for the default; or the error of the value. */
    private record Given(@Nullable Object value, @Nullable String fault, Source source) {}

    /**
     * A value that is there: given, or the default.
     *
     * @param option the option
     * @param <T> its type
     * @return the value
     */
    public <T> T get(Option<T> option) {
        T value = find(option);
        if (value == null) {
            throw new IllegalStateException("bug: options were built without " + option.name());
        }
        return value;
    }

    /**
     * A value that may be missing.
     *
     * @param option the option
     * @param <T> its type
     * @return the value, the default, or null
     */
    @SuppressWarnings("unchecked") // with() and read() put values of the option's type
    public <T> @Nullable T find(Option<T> option) {
        Given found = given.get(option);
        return found == null || found.value == null ? option.byDefault() : (T) found.value;
    }

    /**
     * Sets a value, unless a source with a higher precedence set it.
     *
     * @param option the option
     * @param value the value, or null for the default
     * @param source its source
     * @param <T> its type
     * @return the values with this one
     */
    public <T> OptionValues with(Option<T> option, @Nullable T value, Source source) {
        String complaint = value == null ? null : option.kind().complaint().apply(value);
        String fault = complaint == null ? null : option.name() + " " + complaint + " (" + source.label() + ")";
        return put(option, new Given(value, fault, source));
    }

    /** Gives a value as text. */
    <T> OptionValues read(Option<T> option, String text, Source source) {
        try {
            return with(option, option.kind().read().apply(text), source);
        } catch (IllegalArgumentException e) {
            String fault = option.name() + " " + e.getMessage() + " (" + source.label() + ")";
            return put(option, new Given(null, fault, source));
        }
    }

    /** Adds something wrong that belongs to no option. */
    OptionValues withFault(String fault) {
        List<String> more = new ArrayList<>(faults);
        more.add(fault);
        return new OptionValues(given, List.copyOf(more));
    }

    private OptionValues put(Option<?> option, Given next) {
        Given before = given.get(option);
        if (before != null
                && before.source.rank().compareTo(next.source.rank()) > 0
                && !givesWay(option, before, next)) {
            return this;
        }
        Map<Option<?>, Given> more = new LinkedHashMap<>(given);
        more.put(option, next);
        return new OptionValues(more, faults);
    }

    private static boolean givesWay(Option<?> option, Given before, Given next) {
        boolean gives = before.fault != null && next.fault == null && Options.GIVE_WAY.contains(option);
        if (gives) {
            LOG.warn("Option value ignored: {}; using {} instead", before.fault, next.source.label());
        }
        return gives;
    }

    /**
     * Sets the options that are derived from other options: the files of a mounted secret, unless a password is set.
     * @return the complete values
     */
    public OptionValues completed() {
        Path directory = find(Options.CERTIFICATES);
        Given mount = given.get(Options.CERTIFICATES);
        if (directory == null || mount == null || find(Options.PASSWORD) != null) {
            return this;
        }
        return mounted(Options.SSL_CERT, directory.resolve("tls.crt"), mount.source)
                .mounted(Options.SSL_KEY, directory.resolve("tls.key"), mount.source)
                .mounted(Options.SSL_ROOT_CERT, directory.resolve("ca.crt"), mount.source);
    }

    private OptionValues mounted(Option<Path> option, Path file, Source source) {
        return given.containsKey(option) ? this : with(option, file, source);
    }

    /**
     * All errors.
     *
     * @return empty if there are none
     */
    public List<String> problems() {
        List<String> problems = new ArrayList<>(faults);
        for (Option<?> option : Options.ALL) {
            Given found = given.get(option);
            if (found != null && found.fault != null) {
                problems.add(found.fault);
            } else if (Options.REQUIRED.contains(option) && (found == null || found.value == null)) {
                problems.add(option.missing());
            }
        }
        Contradictions.in(this).forEach(problems::add);
        return problems;
    }

    /** How errors name the source of an option that was given. */
    String source(Option<?> option) {
        Given found = given.get(option);
        return found == null ? ConfiguredOption.DEFAULT : found.source.label();
    }

    /**
     * Every option with its source.
     *
     * @return in the order of the table of options
     */
    public List<ConfiguredOption> configured() {
        return Options.ALL.stream()
                .filter(option -> option != Options.CERTIFICATES)
                .map(option -> new ConfiguredOption(
                        option.name(),
                        option.variable(),
                        find(option) == null ? null : shown(option),
                        find(option) == null ? ConfiguredOption.DEFAULT : source(option)))
                .toList();
    }

    @Override
    public String toString() {
        return Options.ALL.stream()
                .filter(option -> option == Options.PASSWORD || find(option) != null)
                .filter(option -> option != Options.CERTIFICATES)
                .map(option -> option.name() + "=" + shown(option))
                .collect(Collectors.joining(", "));
    }

    private String shown(Option<?> option) {
        Object value = find(option);
        if (option == Options.PASSWORD) {
            return value == null ? "none" : "<hidden>";
        }
        return value instanceof Path path ? Shown.path(path) : String.valueOf(value);
    }
}
