// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.util.function.Consumer;
import java.util.regex.Pattern;

/**
 * A database that is prepared once and then cloned, which is much faster than preparing each database.
 *
 * @param name identifies the template within a JVM: two templates of one name are the same template, and only the
 *     initializer of the first runs; 1 to 30 lower-case letters, digits and underscores, starting with a letter
 * @param initializer prepares the template database, once per JVM and server; must close every connection it opens
 */
public record Template(String name, Consumer<TestDatabase> initializer) {

    private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9_]{0,29}");

    /**
     * Checks the name.
     *
     * @throws IllegalArgumentException if the name is not of the allowed form
     */
    public Template {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("Template name '" + name + "' must match " + NAME.pattern());
        }
    }
}
