// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How to run a transaction. Immutable; made by {@link #builder()} or {@link #defaults()}. */
public final class TransactionOptions {

    private static final TransactionOptions DEFAULTS = builder().build();

    private final TransactionIsolation isolation;
    private final boolean readOnly;
    private final int maxAttempts;
    private final Duration minBackoff;
    private final Duration maxBackoff;
    private final @Nullable Duration statementTimeout;

    private TransactionOptions(Builder builder) {
        this.isolation = builder.isolation;
        this.readOnly = builder.readOnly;
        this.maxAttempts = builder.maxAttempts;
        this.minBackoff = builder.minBackoff;
        this.maxBackoff = builder.maxBackoff;
        this.statementTimeout = builder.statementTimeout;
    }

    /**
     * Every option at its default.
     *
     * @return the options
     */
    public static TransactionOptions defaults() {
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
     * What the transaction sees of others.
     *
     * @return the isolation
     */
    public TransactionIsolation isolation() {
        return isolation;
    }

    /**
     * Whether the server refuses writes.
     *
     * @return whether it does
     */
    public boolean readOnly() {
        return readOnly;
    }

    /**
     * How often the transaction is run at most.
     *
     * @return at least 1
     */
    public int maxAttempts() {
        return maxAttempts;
    }

    /**
     * How long the second attempt waits, before jitter.
     *
     * @return a positive duration
     */
    public Duration minBackoff() {
        return minBackoff;
    }

    /**
     * How long an attempt waits at most.
     *
     * @return not shorter than {@link #minBackoff()}
     */
    public Duration maxBackoff() {
        return maxBackoff;
    }

    /**
     * How long the server may work on one statement of the transaction.
     *
     * @return null where {@link DatastoreOptions#statementTimeout()} holds
     */
    public @Nullable Duration statementTimeout() {
        return statementTimeout;
    }

    /** Collects options; {@link #build()} checks them all at once. Not safe for use by several threads. */
    public static final class Builder {

        private static final Duration LEAST = Duration.ofMillis(1);
        private static final Duration LONGEST = Duration.ofDays(1);
        private static final int MOST_ATTEMPTS = 100;

        private TransactionIsolation isolation = TransactionIsolation.READ_COMMITTED;
        private boolean readOnly;
        private int maxAttempts = 5;
        private Duration minBackoff = Duration.ofMillis(20);
        private Duration maxBackoff = Duration.ofSeconds(1);
        private @Nullable Duration statementTimeout;

        private Builder() {}

        /**
         * Sets what the transaction sees of others. Default {@link TransactionIsolation#READ_COMMITTED}.
         *
         * @param value the isolation
         * @return this builder
         */
        public Builder isolation(TransactionIsolation value) {
            isolation = Objects.requireNonNull(value, "isolation");
            return this;
        }

        /**
         * Sets whether the server refuses writes. Default false.
         *
         * @param value whether it does
         * @return this builder
         */
        public Builder readOnly(boolean value) {
            readOnly = value;
            return this;
        }

        /**
         * Sets how often the transaction is run at most: again after a serialization failure or a deadlock only.
         * Default 5, range 1 to 100; 1 runs it once.
         *
         * @param value the number of runs
         * @return this builder
         */
        public Builder maxAttempts(int value) {
            maxAttempts = value;
            return this;
        }

        /**
         * Sets how long the second attempt waits; the next wait twice as long each, all with jitter. Default 20 ms,
         * range 1 ms to 1 d.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder minBackoff(Duration value) {
            minBackoff = Objects.requireNonNull(value, "minBackoff");
            return this;
        }

        /**
         * Sets how long an attempt waits at most. Default 1 s, range {@link #minBackoff} to 1 d.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder maxBackoff(Duration value) {
            maxBackoff = Objects.requireNonNull(value, "maxBackoff");
            return this;
        }

        /**
         * Sets how long the server may work on one statement of the transaction. Default: as
         * {@link DatastoreOptions#statementTimeout()} says; range 1 ms to 1 d. A server that has not answered 5 s after that
         * is taken for gone, also at the beginning and the commit.
         *
         * @param value the duration, or null for the default
         * @return this builder
         */
        public Builder statementTimeout(@Nullable Duration value) {
            statementTimeout = value;
            return this;
        }

        /**
         * Checks all options.
         *
         * @return immutable options
         * @throws InvalidRequestException naming everything that is wrong
         */
        public TransactionOptions build() {
            List<String> problems = new ArrayList<>();
            if (maxAttempts < 1 || maxAttempts > MOST_ATTEMPTS) {
                problems.add("maxAttempts must be between 1 and " + MOST_ATTEMPTS + ", not " + maxAttempts);
            }
            checkRange(problems, "minBackoff", minBackoff, LEAST);
            checkRange(problems, "maxBackoff", maxBackoff, minBackoff);
            if (statementTimeout != null) {
                checkRange(problems, "statementTimeout", statementTimeout, LEAST);
            }
            if (!problems.isEmpty()) {
                throw new InvalidRequestException(String.join("; ", problems));
            }
            return new TransactionOptions(this);
        }

        private static void checkRange(List<String> problems, String option, Duration value, Duration least) {
            if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
                problems.add(option + " must be between " + least + " and " + LONGEST + ", not " + value);
            }
        }
    }
}
