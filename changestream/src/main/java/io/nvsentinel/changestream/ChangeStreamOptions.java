// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.error.ConfigurationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** How changes are read. Immutable. */
public final class ChangeStreamOptions {

    private static final long KIB = 1024;
    private static final Duration SHORTEST_POLL = Duration.ofMillis(1);
    private static final Duration LONGEST = Duration.ofDays(1);

    private final Builder values;

    private ChangeStreamOptions(Builder values) {
        this.values = values;
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
     * How long an idle stream waits before it reads without a notification.
     *
     * @return 1 ms to 1 d; empty for the datastore's {@code pollInterval}
     */
    public Optional<Duration> pollInterval() {
        return Optional.ofNullable(values.pollInterval);
    }

    /**
     * The most changes read at once.
     *
     * @return 1 to 10000
     */
    public int batchSize() {
        return values.batchSize;
    }

    /**
     * About the most bytes of documents read at once, as they are stored.
     *
     * @return 64 KiB to 256 MiB
     */
    public long maxBatchBytes() {
        return values.maxBatchBytes;
    }

    /**
     * Whether wake-ups are used.
     *
     * @return true if there is a LISTEN connection
     */
    public boolean listen() {
        return values.listen;
    }

    /**
     * How long the server may be unavailable before the streams fail.
     *
     * @return 0 for no limit, up to 1 d
     */
    public Duration maxOutage() {
        return values.maxOutage;
    }

    List<ChangeStreamListener> listeners() {
        return values.listeners;
    }

    @Override
    public String toString() {
        return "ChangeStreamOptions{pollInterval="
                + pollInterval().map(Duration::toString).orElse("the datastore's") + ", batchSize=" + batchSize()
                + ", maxBatchBytes="
                + maxBatchBytes() + ", listen=" + listen() + ", maxOutage=" + maxOutage() + "}";
    }

    /** Collects options. Not safe for use by several threads. */
    public static final class Builder {

        private @Nullable Duration pollInterval;
        private int batchSize = 2000;
        private long maxBatchBytes = 8 * KIB * KIB;
        private boolean listen = true;
        private Duration maxOutage = Duration.ZERO;
        private final List<ChangeStreamListener> listeners = new ArrayList<>();

        private Builder() {}

        /**
         * Sets how long an idle stream waits before it reads without a notification. Default: the {@code pollInterval} of the
         * datastore, which is 5 s unless it is set; range 1 ms to 1 d. With notifications it only bounds the delay if one is
         * lost; without them it is the delay. A wait that is short compared with the duration of a read is prolonged, to at most 1 s, so that
         * an idle stream spends at most 1 % of the time on reads with notifications and 10 % without them: a read of 0.5 ms is
         * followed by a wait of at least 50 ms, or 5 ms.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder pollInterval(Duration value) {
            pollInterval = Objects.requireNonNull(value, "pollInterval");
            return this;
        }

        /**
         * Sets the most changes read at once. Default 2000, range 1 to 10000. A watch reads ahead at most two pages.
         *
         * @param value the number
         * @return this builder
         */
        public Builder batchSize(int value) {
            batchSize = value;
            return this;
        }

        /**
         * Sets about how many bytes of documents are read at once. Default 8 MiB, range 64 KiB to 256 MiB; counted as
         * JSON, and exceeded by at most one change. What the server has sent beyond is dropped and read again; the pages
         * that follow are asked to be smaller.
         *
         * @param value the number of bytes
         * @return this builder
         */
        public Builder maxBatchBytes(long value) {
            maxBatchBytes = value;
            return this;
        }

        /**
         * Sets whether wake-ups are used. Default true. They need a dedicated connection on which LISTEN works, which a
         * pooler in transaction mode does not provide: say false there, and a shorter poll interval.
         *
         * @param value whether to listen
         * @return this builder
         */
        public Builder listen(boolean value) {
            listen = value;
            return this;
        }

        /**
         * Sets how long the server may be unavailable, while a stream runs or is opened, before the stream fails with
         * the error of the last attempt. Default 0, range 0 to 1 d; zero means no limit. Attempts are 0.1 to 10 s
         * apart, with exponential backoff and jitter. An error that is not retryable ends the stream immediately.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder maxOutage(Duration value) {
            maxOutage = value;
            return this;
        }

        /**
         * Adds a listener for events of the streams, for metrics and tests. Default none; can be called several times
         * to add several listeners.
         *
         * @param value the listener
         * @return this builder
         */
        public Builder listener(ChangeStreamListener value) {
            listeners.add(Objects.requireNonNull(value, "listener"));
            return this;
        }

        /**
         * Checks the options.
         *
         * @return immutable options
         * @throws ConfigurationException naming the option that is out of range
         */
        public ChangeStreamOptions build() {
            check(
                    pollInterval == null
                            || (pollInterval.compareTo(SHORTEST_POLL) >= 0 && pollInterval.compareTo(LONGEST) <= 0),
                    "pollInterval must be between 1 ms and 1 day, not " + pollInterval);
            check(batchSize >= 1 && batchSize <= 10_000, "batchSize must be between 1 and 10000, not " + batchSize);
            check(
                    maxBatchBytes >= 64 * KIB && maxBatchBytes <= 256 * KIB * KIB,
                    "maxBatchBytes must be between 65536 and 268435456, not " + maxBatchBytes);
            check(
                    !maxOutage.isNegative() && maxOutage.compareTo(LONGEST) <= 0,
                    "maxOutage must be between 0 and 1 day, not " + maxOutage);
            return new ChangeStreamOptions(copy());
        }

        private Builder copy() {
            Builder copy = new Builder();
            copy.pollInterval = pollInterval;
            copy.batchSize = batchSize;
            copy.maxBatchBytes = maxBatchBytes;
            copy.listen = listen;
            copy.maxOutage = maxOutage;
            copy.listeners.addAll(listeners);
            return copy;
        }

        private static void check(boolean holds, String problem) {
            if (!holds) {
                throw new ConfigurationException(problem);
            }
        }
    }
}
