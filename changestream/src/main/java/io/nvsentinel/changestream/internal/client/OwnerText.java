// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.client;

import io.nvsentinel.datastore.internal.Printable;
import org.jspecify.annotations.Nullable;

/** How the owner of a client name is called in the database, in errors and in lists. */
public final class OwnerText {

    /** Of a name in the DNS. */
    private static final int MOST_CHARACTERS = 253;

    private OwnerText() {}

    /**
     * Names a process.
     *
     * @param application the application's name
     * @param process the process's id
     * @param host the name of the machine or container as the environment has it, which may be anything; null if it has none
     * @return one line that the database can store and a terminal can show
     */
    public static String of(String application, long process, @Nullable String host) {
        String text = "application \"" + application + "\", process " + process;
        return host == null || host.isBlank() ? text : text + " on " + Printable.line(shortened(host));
    }

    private static String shortened(String host) {
        return host.length() <= MOST_CHARACTERS ? host : host.substring(0, MOST_CHARACTERS);
    }
}
