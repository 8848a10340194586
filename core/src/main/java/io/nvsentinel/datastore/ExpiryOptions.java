// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Which documents expire, and how they are deleted. Immutable; made by {@link #builder()} or {@link #defaults()}. */
public final class ExpiryOptions {

    private static final ExpiryOptions DEFAULTS = builder().build();

    private final Duration maxAge;
    private final int batchSize;
    private final Duration interval;

    private ExpiryOptions(Builder builder) {
        this.maxAge = builder.maxAge;
        this.batchSize = builder.batchSize;
        this.interval = builder.interval;
    }

    /**
     * Every option at its default.
     *
     * @return the options
     */
    public static ExpiryOptions defaults() {
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
     * The age at which a document expires.
     *
     * @return as {@link Builder#maxAge}
     */
    public Duration maxAge() {
        return maxAge;
    }

    /**
     * How many documents one statement deletes at most.
     *
     * @return as {@link Builder#batchSize}
     */
    public int batchSize() {
        return batchSize;
    }

    /**
     * The pause after each pass.
     *
     * @return as {@link Builder#interval}
     */
    public Duration interval() {
        return interval;
    }

    /** Collects options; {@link #build()} checks them all at once. Not safe for use by several threads. */
    public static final class Builder {

        private static final int MOST = 10_000;
        private static final Duration LONGEST = Duration.ofDays(10_000);

        private Duration maxAge = Duration.ofDays(30);
        private int batchSize = 1000;
        private Duration interval = Duration.ofHours(1);

        private Builder() {}

        /**
         * Sets the age at which a document expires, by {@code created_at}, which for events is their {@code createdAt}, and by the
         * database's clock. Default 30 days, as NVSentinel's MongoDB expires events; range 1 s to 10,000 days.
         *
         * @param value the age
         * @return this builder
         */
        public Builder maxAge(Duration value) {
            maxAge = Objects.requireNonNull(value, "maxAge");
            return this;
        }

        /**
         * Sets how many documents one statement deletes at most, in a transaction of its own. Default 1000, range 1 to 10000.
         *
         * @param value the number
         * @return this builder
         */
        public Builder batchSize(int value) {
            batchSize = value;
            return this;
        }

        /**
         * Sets the pause after each pass of {@link DocumentCollection#expirePeriodically}. Default 1 h, range 1 s to 10,000
         * days.
         *
         * @param value the pause
         * @return this builder
         */
        public Builder interval(Duration value) {
            interval = Objects.requireNonNull(value, "interval");
            return this;
        }

        /**
         * Checks all options.
         *
         * @return immutable options
         * @throws InvalidRequestException with all invalid values
         */
        public ExpiryOptions build() {
            List<String> problems = new ArrayList<>();
            checkRange(problems, "maxAge", maxAge);
            if (batchSize < 1 || batchSize > MOST) {
                problems.add("batchSize must be between 1 and " + MOST + ", not " + batchSize);
            }
            checkRange(problems, "interval", interval);
            if (!problems.isEmpty()) {
                throw new InvalidRequestException(String.join("; ", problems));
            }
            return new ExpiryOptions(this);
        }

        private static void checkRange(List<String> problems, String option, Duration value) {
            if (value.compareTo(Duration.ofSeconds(1)) < 0 || value.compareTo(LONGEST) > 0) {
                problems.add(option + " must be between PT1S and " + LONGEST + ", not " + value);
            }
        }
    }
}
