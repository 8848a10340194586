// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** How a stream of documents is stored in batches. Immutable; made by {@link #builder()} or {@link #defaults()}. */
public final class BatchOptions {

    private static final BatchOptions DEFAULTS = builder().build();

    private final int maxDocuments;
    private final int maxBytes;
    private final Duration linger;
    private final boolean stopAtFailure;

    private BatchOptions(Builder builder) {
        this.maxDocuments = builder.maxDocuments;
        this.maxBytes = builder.maxBytes;
        this.linger = builder.linger;
        this.stopAtFailure = builder.stopAtFailure;
    }

    /**
     * Every option at its default.
     *
     * @return the options
     */
    public static BatchOptions defaults() {
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
     * How many documents a batch has at most.
     *
     * @return at least 1
     */
    public int maxDocuments() {
        return maxDocuments;
    }

    /**
     * How many bytes of documents a batch has at most, unless one alone is larger.
     *
     * @return at least 1
     */
    public int maxBytes() {
        return maxBytes;
    }

    /**
     * How long a batch waits for more documents after its first.
     *
     * @return a positive duration
     */
    public Duration linger() {
        return linger;
    }

    /**
     * Whether the first document that cannot be stored ends the stream.
     *
     * @return whether it does; otherwise the other documents are stored, and the failure is reported
     */
    public boolean stopAtFailure() {
        return stopAtFailure;
    }

    /** Collects options; {@link #build()} checks them all at once. Not safe for use by several threads. */
    public static final class Builder {

        private static final int MOST_DOCUMENTS = 10_000;
        private static final int MOST_BYTES = 64 << 20;

        private int maxDocuments = 1000;
        private int maxBytes = 1 << 20;
        private Duration linger = Duration.ofMillis(50);
        private boolean stopAtFailure = true;

        private Builder() {}

        /**
         * Sets how many documents a batch has at most. Default 1000, range 1 to 10000.
         *
         * @param value the number
         * @return this builder
         */
        public Builder maxDocuments(int value) {
            maxDocuments = value;
            return this;
        }

        /**
         * Sets how many bytes of documents a batch has at most, unless one alone is larger. Default 1 MiB, range 1 to
         * 64 MiB.
         *
         * @param value the number of bytes
         * @return this builder
         */
        public Builder maxBytes(int value) {
            maxBytes = value;
            return this;
        }

        /**
         * Sets how long a batch waits for more documents after its first. Default 50 ms, range 1 ms to 1 h. It applies
         * if documents arrive more slowly than they are stored.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder linger(Duration value) {
            linger = Objects.requireNonNull(value, "linger");
            return this;
        }

        /**
         * Sets whether the first document that cannot be stored ends the stream. Default true.
         *
         * @param value true to stop; false to store the others and report it
         * @return this builder
         */
        public Builder stopAtFailure(boolean value) {
            stopAtFailure = value;
            return this;
        }

        /**
         * Checks all options.
         *
         * @return immutable options
         * @throws InvalidRequestException with all invalid values
         */
        public BatchOptions build() {
            List<String> problems = new ArrayList<>();
            checkRange(problems, "maxDocuments", maxDocuments, MOST_DOCUMENTS);
            checkRange(problems, "maxBytes", maxBytes, MOST_BYTES);
            if (linger.compareTo(Duration.ofMillis(1)) < 0 || linger.compareTo(Duration.ofHours(1)) > 0) {
                problems.add("linger must be between PT0.001S and PT1H, not " + linger);
            }
            if (!problems.isEmpty()) {
                throw new InvalidRequestException(String.join("; ", problems));
            }
            return new BatchOptions(this);
        }

        private static void checkRange(List<String> problems, String option, int value, int most) {
            if (value < 1 || value > most) {
                problems.add(option + " must be between 1 and " + most + ", not " + value);
            }
        }
    }
}
