// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

/** The provider's name, which configuration for several providers gives and which must be ours. */
final class Provider {

    static final String NAME = "postgresql";

    private Provider() {}

    static OptionValues check(OptionValues values, String name, String source) {
        return name.isEmpty() || name.equals(NAME)
                ? values
                : values.withFault("provider must be " + NAME + ", the only supported provider, not " + Shown.word(name)
                        + " (" + source + ")");
    }
}
