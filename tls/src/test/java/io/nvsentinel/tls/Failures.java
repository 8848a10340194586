// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The root error, without the wrappers of a driver. */
final class Failures {

    private Failures() {}

    /** The messages of a failure and its causes, one a line. */
    static String messages(Throwable failure) {
        return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .map(Throwable::getMessage)
                .collect(Collectors.joining("\n"));
    }
}
