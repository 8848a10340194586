// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.datastore.error.ConfigurationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How changes are processed. Immutable; made by {@link #builder()} or {@link #defaults()}. */
public final class ProcessorOptions {

    private static final ProcessorOptions DEFAULTS = builder().build();

    private final Builder values;

    private ProcessorOptions(Builder values) {
        this.values = values;
    }

    /**
     * Every option at its default.
     *
     * @return the options
     */
    public static ProcessorOptions defaults() {
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
     * How many changes are handled at a time, at most.
     *
     * @return as {@link Builder#concurrency}
     */
    public int concurrency() {
        return values.concurrency;
    }

    /**
     * How far handling may run ahead of the first change that is not acknowledged.
     *
     * @return as {@link Builder#maxInFlight}
     */
    public int maxInFlight() {
        return values.maxInFlight;
    }

    /**
     * How long one attempt may take.
     *
     * @return as {@link Builder#handlerTimeout}
     */
    public Duration handlerTimeout() {
        return values.handlerTimeout;
    }

    /**
     * How often a change is attempted.
     *
     * @return as {@link Builder#maxAttempts}
     */
    public int maxAttempts() {
        return values.maxAttempts;
    }

    /**
     * How long the second attempt waits, before jitter.
     *
     * @return as {@link Builder#minBackoff}
     */
    public Duration minBackoff() {
        return values.minBackoff;
    }

    /**
     * How long an attempt waits at most.
     *
     * @return as {@link Builder#maxBackoff}
     */
    public Duration maxBackoff() {
        return values.maxBackoff;
    }

    /**
     * What the processor does with a change if all attempts failed.
     *
     * @return as {@link Builder#onFailure}
     */
    public OnFailure onFailure() {
        return values.onFailure;
    }

    /**
     * How long closing waits for the changes that are being handled.
     *
     * @return as {@link Builder#drainTimeout}
     */
    public Duration drainTimeout() {
        return values.drainTimeout;
    }

    /**
     * How long storing the position may fail before the processor stops.
     *
     * @return as {@link Builder#storeTimeout}
     */
    public Duration storeTimeout() {
        return values.storeTimeout;
    }

    /**
     * What has to stay in order.
     *
     * @return as {@link Builder#key}; null for the node's name
     */
    public @Nullable Function<ChangeEvent<?>, @Nullable String> key() {
        return values.key;
    }

    /**
     * How processes share the work.
     *
     * @return as {@link Builder#group}; null if they do not
     */
    public @Nullable GroupOptions group() {
        return values.group;
    }

    /** Collects options; {@link #build()} checks them all at once. Not safe for use by several threads. */
    public static final class Builder {

        private static final Duration LONGEST = Duration.ofDays(1);
        private static final Duration LEAST = Duration.ofMillis(1);

        private int concurrency = 1;
        private int maxInFlight = 1000;
        private Duration handlerTimeout = Duration.ZERO;
        private int maxAttempts = 5;
        private Duration minBackoff = Duration.ofMillis(100);
        private Duration maxBackoff = Duration.ofSeconds(30);
        private OnFailure onFailure = OnFailure.STOP;
        private Duration drainTimeout = Duration.ofSeconds(10);
        private Duration storeTimeout = Duration.ZERO;
        private @Nullable Function<ChangeEvent<?>, @Nullable String> key;
        private @Nullable GroupOptions group;

        private Builder() {}

        /**
         * Sets how many changes are handled concurrently. Default 1: one after the other, in order. With more, changes
         * of one key stay in order, and different keys are handled concurrently. Range 1 to 256.
         *
         * @param value the number
         * @return this builder
         */
        public Builder concurrency(int value) {
            concurrency = value;
            return this;
        }

        /**
         * Sets how many changes may be read beyond the acknowledged position; then reading is paused. Default 1000,
         * range 1 to 100000. A restart repeats at most about this number of changes.
         *
         * @param value the number
         * @return this builder
         */
        public Builder maxInFlight(int value) {
            maxInFlight = value;
            return this;
        }

        /**
         * Sets how long the handler may take for one attempt; then it is cancelled, and the attempt counts as failed,
         * unless the database does not answer either: then the change is handled again when it does. The library's own
         * work before and after the handler is not included. Default zero: no timeout. Range up to 1 d.
         *
         * <p>Set a timeout for a handler that uses its own threads: an error of the JVM on such a thread, for example
         * {@link OutOfMemoryError}, does not reach the library, and only the timeout ends the attempt.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder handlerTimeout(Duration value) {
            handlerTimeout = value;
            return this;
        }

        /**
         * Sets how often a change is attempted. Default 5, range 1 to 1000000; 1 means no retry. Waiting for an
         * unavailable database does not count as an attempt: neither in the library itself, nor if a handler fails with
         * an error of this library that is retryable or has an unknown outcome and is not a {@link CountedException}.
         * The processor retries for {@link io.nvsentinel.changestream.ChangeStreamOptions.Builder#maxOutage}, 0.1 to 10
         * s between attempts, and then stops, regardless of {@link #onFailure}.
         *
         * @param value the number
         * @return this builder
         */
        public Builder maxAttempts(int value) {
            maxAttempts = value;
            return this;
        }

        /**
         * Sets how long the second attempt waits; each further wait is twice the previous one, all with jitter. Default
         * 100 ms, range 1 ms to 1 d.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder minBackoff(Duration value) {
            minBackoff = value;
            return this;
        }

        /**
         * Sets how long an attempt waits at most. Default 30 s, range 1 ms to 1 d.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder maxBackoff(Duration value) {
            maxBackoff = value;
            return this;
        }

        /**
         * Sets what the processor does with a change if all attempts failed. Default {@link OnFailure#STOP}.
         *
         * @param value the reaction
         * @return this builder
         */
        public Builder onFailure(OnFailure value) {
            onFailure = value;
            return this;
        }

        /**
         * Sets how long closing, or stopping, waits for the changes that are being handled; handlers that still run
         * then are cancelled, and their changes are not acknowledged. Default 10 s, range up to 1 d; zero does not
         * wait.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder drainTimeout(Duration value) {
            drainTimeout = value;
            return this;
        }

        /**
         * Sets how long storing the position may fail with retryable errors before the processor stops. Default zero:
         * the value of {@link io.nvsentinel.changestream.ChangeStreamOptions.Builder#maxOutage}, as for all other
         * waiting for an unavailable database. Range up to 1 d.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder storeTimeout(Duration value) {
            storeTimeout = value;
            return this;
        }

        /**
         * Sets what has to stay in order: changes with equal keys are handled one after the other. Default the name of
         * the node, in a health or maintenance event; changes without a key, for example truncate, always belong to the
         * same partition. The key of a record must not change, or its changes may be handled in any order.
         *
         * @param value gives a change's key; null if it has none
         * @return this builder
         */
        public Builder key(Function<ChangeEvent<?>, @Nullable String> value) {
            key = value;
            return this;
        }

        /**
         * Sets that processes with the same client name share the work, instead of taking the name over from each
         * other. Default none. Every other option applies to each partition separately: {@link #concurrency} and
         * {@link #maxInFlight} too.
         *
         * <p>Each change belongs to a partition, by its key. A member that joins or leaves causes partitions to move
         * until their numbers per member differ by at most one: their owner waits for running handlers, stores the
         * position, and releases the partition; then the next owner continues at that position. So changes of one key
         * are handled in order, in any member, at least once, and exactly once in a transaction. A member that died, or
         * does not reach the database, is replaced after {@link GroupOptions.Builder#leaseDuration}; it has cancelled
         * its handlers by then, and only a handler that continues despite its cancellation can overlap.
         *
         * <p>Listeners, lag and lists treat each partition as a separate client, with the name {@code clientName#0} and
         * so on. Resetting or deleting the client, and its dead letters, go by the client name. After a reset, the
         * members continue at the new position without a restart. The members must agree about the number of
         * partitions, the key, the collection and the filter. A group continues at the stored position of a single
         * client with the same name; that client's dead letters stay listed, and are not replayed.
         *
         * @param value how it is shared
         * @return this builder
         */
        public Builder group(GroupOptions value) {
            group = Objects.requireNonNull(value, "group");
            return this;
        }

        /**
         * Checks the options.
         *
         * @return immutable options
         * @throws ConfigurationException naming every option that is out of range
         */
        public ProcessorOptions build() {
            List<String> problems = new ArrayList<>();
            number(problems, "concurrency", concurrency, 256);
            number(problems, "maxInFlight", maxInFlight, 100_000);
            number(problems, "maxAttempts", maxAttempts, 1_000_000);
            duration(problems, "handlerTimeout", handlerTimeout, Duration.ZERO);
            duration(problems, "minBackoff", minBackoff, LEAST);
            duration(problems, "maxBackoff", maxBackoff, LEAST);
            duration(problems, "drainTimeout", drainTimeout, Duration.ZERO);
            duration(problems, "storeTimeout", storeTimeout, Duration.ZERO);
            if (!problems.isEmpty()) {
                throw new ConfigurationException(String.join("; ", problems));
            }
            return new ProcessorOptions(copy());
        }

        private Builder copy() {
            Builder copy = new Builder();
            copy.concurrency = concurrency;
            copy.maxInFlight = maxInFlight;
            copy.handlerTimeout = handlerTimeout;
            copy.maxAttempts = maxAttempts;
            copy.minBackoff = minBackoff;
            copy.maxBackoff = maxBackoff;
            copy.onFailure = onFailure;
            copy.drainTimeout = drainTimeout;
            copy.storeTimeout = storeTimeout;
            copy.key = key;
            copy.group = group;
            return copy;
        }

        private static void number(List<String> problems, String option, int value, int most) {
            if (value < 1 || value > most) {
                problems.add(option + " must be between 1 and " + most + ", not " + value);
            }
        }

        private static void duration(List<String> problems, String option, Duration value, Duration least) {
            if (value.compareTo(least) < 0 || value.compareTo(LONGEST) > 0) {
                problems.add(option + " must be between " + least + " and " + LONGEST + ", not " + value);
            }
        }
    }
}
