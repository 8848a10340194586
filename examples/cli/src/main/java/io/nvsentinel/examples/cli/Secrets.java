// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli;

import java.util.regex.Pattern;

/** Takes passwords out of what the tool says about its arguments and its configuration. */
public final class Secrets {

    /** User and password in an address, or in a path that was made of one. */
    private static final Pattern CREDENTIALS = Pattern.compile(":/+[^\\s/]*@");

    private Secrets() {}

    /**
     * Masks user and password of addresses.
     *
     * @param text any text
     * @return the text, with {@code ://***@} in their place
     */
    public static String masked(String text) {
        return CREDENTIALS.matcher(text).replaceAll("://***@");
    }
}
