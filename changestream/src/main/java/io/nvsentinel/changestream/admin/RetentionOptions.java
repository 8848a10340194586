// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.admin;

import io.nvsentinel.datastore.error.ConfigurationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How long changes are kept. Immutable; made by {@link #builder()} or {@link #defaults()}. */
public final class RetentionOptions {

    private static final RetentionOptions DEFAULTS = builder().build();

    private final Builder values;

    private RetentionOptions(Builder values) {
        this.values = values;
    }

    /**
     * Every option at its default.
     *
     * @return the options
     */
    public static RetentionOptions defaults() {
        return DEFAULTS;
    }

    /**
     * Starts with every option at its default.
     *
     * @return a new builder
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * How long processed changes are kept.
     *
     * @return as {@link Builder#retention}
     */
    public Duration retention() {
        return values.retention;
    }

    /**
     * How long changes are kept that a client has not acknowledged.
     *
     * @return as {@link Builder#maxAge}
     */
    public Duration maxAge() {
        return values.maxAge;
    }

    /**
     * How many changes are kept.
     *
     * @return as {@link Builder#maxRows}
     */
    public long maxRows() {
        return values.maxRows;
    }

    /**
     * Whether changes are marked.
     *
     * @return as {@link Builder#markProcessed}
     */
    public boolean markProcessed() {
        return values.markProcessed;
    }

    /**
     * How much one transaction does.
     *
     * @return as {@link Builder#batchSize}
     */
    public int batchSize() {
        return values.batchSize;
    }

    /**
     * How often it runs.
     *
     * @return as {@link Builder#interval}
     */
    public Duration interval() {
        return values.interval;
    }

    /** Collects options; {@link #build()} checks them all at once. Not safe for use by several threads. */
    public static final class Builder {

        private static final Duration LONGEST = Duration.ofDays(36500);

        private Duration retention = Duration.ofDays(7);
        private Duration maxAge = Duration.ofDays(30);
        private long maxRows;
        private boolean markProcessed = true;
        private int batchSize = 500;
        private Duration interval = Duration.ofMinutes(1);

        private Builder() {}

        /**
         * Sets how long a change is kept after every client has acknowledged it. This limits how far back a stream
         * without a client name, or a client that is reset, can start. Default 7 d, range up to 100 years; zero removes
         * processed changes at the next run.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder retention(Duration value) {
            retention = value;
            return this;
        }

        /**
         * Sets how long a change is kept that some client has not acknowledged. Default 30 d, range {@link #retention} to 100
         * years. A client that was down for longer has lost history.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder maxAge(Duration value) {
            maxAge = value;
            return this;
        }

        /**
         * Sets how many changes are kept, even if clients have not acknowledged them. Default 0: no limit.
         *
         * @param value the number
         * @return this builder
         */
        public Builder maxRows(long value) {
            maxRows = value;
            return this;
        }

        /**
         * Sets whether changes are marked as processed. Default true. Marking a change costs about as much as writing
         * it; disable it if no SQL query counts the pending changes. It does not affect which changes are removed.
         *
         * @param value whether to mark
         * @return this builder
         */
        public Builder markProcessed(boolean value) {
            markProcessed = value;
            return this;
        }

        /**
         * Sets how many changes one transaction marks or removes. Default 500, range 1 to 10000. Readers that prove a gap
         * wait for such a transaction.
         *
         * @param value the number
         * @return this builder
         */
        public Builder batchSize(int value) {
            batchSize = value;
            return this;
        }

        /**
         * Sets how often {@link Retention#runPeriodically()} runs: for so long, at most, the column {@code processed} lags.
         * Default 1 min, range 1 ms to 100 years.
         *
         * @param value the time between two runs
         * @return this builder
         */
        public Builder interval(Duration value) {
            interval = value;
            return this;
        }

        /**
         * Checks the options.
         *
         * @return immutable options
         * @throws ConfigurationException naming every option that is out of range
         */
        public RetentionOptions build() {
            List<String> problems = new ArrayList<>();
            duration(problems, "retention", retention, Duration.ZERO);
            duration(problems, "maxAge", maxAge, retention);
            duration(problems, "interval", interval, Duration.ofMillis(1));
            if (maxRows < 0) {
                problems.add("maxRows must be 0 or more, not " + maxRows);
            }
            if (batchSize < 1 || batchSize > 10_000) {
                problems.add("batchSize must be between 1 and 10000, not " + batchSize);
            }
            if (!problems.isEmpty()) {
                throw new ConfigurationException(String.join("; ", problems));
            }
            return new RetentionOptions(copy());
        }

        private Builder copy() {
            Builder copy = new Builder();
            copy.retention = retention;
            copy.maxAge = maxAge;
            copy.maxRows = maxRows;
            copy.markProcessed = markProcessed;
            copy.batchSize = batchSize;
            copy.interval = interval;
            return copy;
        }

        private static void duration(List<String> problems, String option, Duration value, Duration least) {
            if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
                problems.add(option + " must be between " + least + " and " + LONGEST + ", not " + value);
            }
        }
    }
}
