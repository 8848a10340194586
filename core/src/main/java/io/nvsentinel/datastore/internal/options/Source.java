// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import io.nvsentinel.datastore.ConfiguredOption;

/**
 * Where an option's value came from.
 *
 * @param rank the higher one wins; of equals the later
 * @param label how errors name it
 */
public record Source(Rank rank, String label) {

    /** From the program itself. */
    public static final Source BUILDER = new Source(Rank.BUILDER, ConfiguredOption.BUILDER);

    /** From a URL that the program itself gave. */
    public static final Source URL = new Source(Rank.BUILDER, ConfiguredOption.URL);

    /** The kinds of sources, the weakest first. */
    enum Rank {
        ENVIRONMENT,
        URL,
        YAML,
        BUILDER
    }

    static Source variable(String name) {
        return new Source(Rank.ENVIRONMENT, name);
    }

    static Source urlVariable(String name) {
        return new Source(Rank.URL, name);
    }

    static Source property(String name) {
        return new Source(Rank.BUILDER, name);
    }

    static Source yaml(String path, String place) {
        return new Source(Rank.YAML, path + ", " + place);
    }
}
