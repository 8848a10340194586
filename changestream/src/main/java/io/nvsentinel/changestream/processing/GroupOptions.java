// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.processing;

import io.nvsentinel.datastore.error.ConfigurationException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How processes share the work of one client name. Each key belongs to a partition, and each partition has one owner at a
 * time. Immutable; made by {@link #builder(int)}.
 *
 * @see ProcessorOptions.Builder#group
 */
public final class GroupOptions {

    private final int partitions;
    private final Duration heartbeatInterval;
    private final Duration leaseDuration;

    private GroupOptions(Builder values) {
        this.partitions = values.partitions;
        this.heartbeatInterval = values.heartbeatInterval;
        this.leaseDuration = values.leaseDuration;
    }

    /**
     * Starts with every option but the number of partitions at its default.
     *
     * @param partitions into how many partitions the keys are divided, and so among how many processes the work can be
     *     shared at most; 1 to 256. It is fixed when the group starts for the first time: all processes must give the
     *     same number, or fail with {@link GroupMismatchException}. Each partition needs a few small statements per
     *     second, and reads the changes separately: choose two to four times the number of processes
     * @return a new builder
     */
    public static Builder builder(int partitions) {
        return new Builder(partitions);
    }

    /**
     * Into how many partitions the keys are divided.
     *
     * @return as given to {@link #builder(int)}
     */
    public int partitions() {
        return partitions;
    }

    /**
     * How often a member renews its membership and reads the other members.
     *
     * @return as {@link Builder#heartbeatInterval}
     */
    public Duration heartbeatInterval() {
        return heartbeatInterval;
    }

    /**
     * How long a member is considered alive after its last renewal.
     *
     * @return as {@link Builder#leaseDuration}
     */
    public Duration leaseDuration() {
        return leaseDuration;
    }

    /** Collects options; {@link #build()} checks them all at once. Not safe for use by several threads. */
    public static final class Builder {

        private static final int MOST_PARTITIONS = 256;
        private static final int HEARTBEATS_A_LEASE = 3;
        private static final Duration SHORTEST_LEASE = Duration.ofSeconds(2);
        private static final Duration LONGEST_LEASE = Duration.ofHours(1);
        private static final Duration SHORTEST_HEARTBEAT = Duration.ofMillis(100);

        private final int partitions;
        private Duration heartbeatInterval = Duration.ofSeconds(2);
        private Duration leaseDuration = Duration.ofSeconds(15);

        private Builder(int partitions) {
            this.partitions = partitions;
        }

        /**
         * Sets how often a member renews its membership and reads the other members. This determines how soon
         * partitions are reassigned when a member joins or leaves. Default 2 s, range 100 ms to a third of the lease.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder heartbeatInterval(Duration value) {
            heartbeatInterval = value;
            return this;
        }

        /**
         * Sets how long a member, and an owner of a partition, is considered alive after its last renewal; a member
         * that was killed is replaced after this time, measured by the database's clock. Default 15 s, range 2 s to 1
         * h. A member that does not reach the database stops handling when nine tenths of it have passed: a lease that
         * is shorter than network delays or pauses of the garbage collector causes unnecessary reassignments.
         *
         * @param value the duration
         * @return this builder
         */
        public Builder leaseDuration(Duration value) {
            leaseDuration = value;
            return this;
        }

        /**
         * Checks the options.
         *
         * @return immutable options
         * @throws ConfigurationException naming every option that is out of range
         */
        public GroupOptions build() {
            List<String> problems = new ArrayList<>();
            if (partitions < 1 || partitions > MOST_PARTITIONS) {
                problems.add("partitions must be between 1 and " + MOST_PARTITIONS + ", not " + partitions);
            }
            duration(problems, "leaseDuration", leaseDuration, SHORTEST_LEASE, LONGEST_LEASE);
            duration(
                    problems,
                    "heartbeatInterval",
                    heartbeatInterval,
                    SHORTEST_HEARTBEAT,
                    leaseDuration.dividedBy(HEARTBEATS_A_LEASE));
            if (!problems.isEmpty()) {
                throw new ConfigurationException(String.join("; ", problems));
            }
            return new GroupOptions(this);
        }

        private static void duration(
                List<String> problems, String option, Duration value, Duration least, Duration most) {
            if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
                problems.add(option + " must be between " + least + " and " + most + ", not " + value);
            }
        }
    }
}
