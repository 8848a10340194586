// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks;

/** Something cannot be measured on this server or machine; the others can. */
public final class NotMeasuredException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /**
     * Says why.
     *
     * @param message the reason
     */
    public NotMeasuredException(String message) {
        super(message);
    }
}
