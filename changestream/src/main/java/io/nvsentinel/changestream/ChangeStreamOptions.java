// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.MisconfiguredException;
import java.time.Duration;

/**
 * How changes are read. Immutable.
 *
 * @param pollInterval how long a stream that hears nothing waits before it looks
 * @param pageRows the most changes read at once
 * @param pageBytes about the most bytes of documents read at once, as they are stored
 * @param listen whether wake-ups are used
 */
public record ChangeStreamOptions(Duration pollInterval, int pageRows, long pageBytes, boolean listen) {

    private static final long KIB = 1024;
    private static final Duration LONGEST = Duration.ofDays(1);

    /**
     * Checks the options.
     *
     * @param pollInterval 1 ms to 1 d
     * @param pageRows 1 to 10000
     * @param pageBytes 64 KiB to 256 MiB
     * @param listen whether wake-ups are used
     * @throws MisconfiguredException naming the option that is out of range
     */
    public ChangeStreamOptions {
        check(
                pollInterval.toMillis() >= 1 && pollInterval.compareTo(LONGEST) <= 0,
                "pollInterval must be between 1 ms and 1 day, not " + pollInterval);
        check(pageRows >= 1 && pageRows <= 10_000, "pageRows must be between 1 and 10000, not " + pageRows);
        check(
                pageBytes >= 64 * KIB && pageBytes <= 256 * KIB * KIB,
                "pageBytes must be between 65536 and 268435456, not " + pageBytes);
    }

    private static void check(boolean holds, String problem) {
        if (!holds) {
            throw new MisconfiguredException(problem);
        }
    }

    /**
     * Starts with every option at its default.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /** Collects options. Not safe for use by several threads. */
    public static final class Builder {

        private Duration pollInterval = Duration.ofSeconds(5);
        private int pageRows = 1000;
        private long pageBytes = 8 * KIB * KIB;
        private boolean listen = true;

        private Builder() {}

        /**
         * Sets how long a stream that hears nothing waits before it looks for changes. Default 5 s, range 1 ms to 1 d.
         * With wake-ups it only bounds the delay when one gets lost; without them it is the delay.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder pollInterval(Duration value) {
            pollInterval = value;
            return this;
        }

        /**
         * Sets the most changes read at once. Default 1000, range 1 to 10000. A watch reads ahead at most two pages.
         *
         * @param value the number
         * @return this builder
         */
        public Builder pageRows(int value) {
            pageRows = value;
            return this;
        }

        /**
         * Sets about how many bytes of documents are read at once. Default 8 MiB, range 64 KiB to 256 MiB; counted as
         * they are stored, that is compressed, and exceeded by at most one change.
         *
         * @param value the number of bytes
         * @return this builder
         */
        public Builder pageBytes(long value) {
            pageBytes = value;
            return this;
        }

        /**
         * Sets whether wake-ups are used. Default true. They need a connection of their own on which LISTEN works,
         * which a pooler in transaction mode does not give: say false there, and a shorter poll interval.
         *
         * @param value whether to listen
         * @return this builder
         */
        public Builder listen(boolean value) {
            listen = value;
            return this;
        }

        /**
         * Checks the options.
         *
         * @return immutable options
         * @throws MisconfiguredException naming the option that is out of range
         */
        public ChangeStreamOptions build() {
            return new ChangeStreamOptions(pollInterval, pageRows, pageBytes, listen);
        }
    }
}
