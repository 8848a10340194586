// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks;

/** How much is measured. */
public enum Size {
    /** Shows that everything works, in seconds and without waiting for the disk; the figures mean nothing. */
    SMOKE,
    /** The whole run in less than a quarter of an hour. */
    USUAL,
    /** The sizes that the goals name. */
    FULL;

    /**
     * Chooses.
     *
     * @param smoke for the smallest size
     * @param usual for the size in between
     * @param full for the largest size
     * @param <T> what is chosen
     * @return one of the three
     */
    public <T> T choose(T smoke, T usual, T full) {
        return switch (this) {
            case SMOKE -> smoke;
            case USUAL -> usual;
            case FULL -> full;
        };
    }
}
