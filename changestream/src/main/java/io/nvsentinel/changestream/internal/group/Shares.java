// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.group;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Assigns partitions to members. All members that know the same members compute the same assignment without
 * communication: each partition is assigned to the member with the highest hash of both, among the members with free
 * capacity (rendezvous hashing). The numbers of partitions differ by at most one, and a member that joins or leaves
 * moves few partitions of others.
 */
final class Shares {

    private final TreeMap<UUID, TreeSet<Integer>> shares = new TreeMap<>();
    private final int least;
    private int largerOnes;

    private Shares(Collection<UUID> members, int partitions) {
        members.forEach(member -> shares.put(member, new TreeSet<>()));
        this.least = partitions / shares.size();
        this.largerOnes = partitions % shares.size();
    }

    /**
     * Returns the partitions of one member.
     *
     * @param members the members that are alive, in any order; the member is one of them
     * @param member the member
     * @param partitions the number of partitions
     * @return the partitions, from 0
     */
    static Set<Integer> of(Collection<UUID> members, UUID member, int partitions) {
        Shares all = new Shares(members, partitions);
        for (int partition = 0; partition < partitions; partition++) {
            all.give(partition);
        }
        return Set.copyOf(all.share(member));
    }

    private void give(int partition) {
        List<UUID> withRoom = shares.keySet().stream().filter(this::hasRoom).toList();
        UUID taker = withRoom.stream()
                .max(Comparator.comparingLong(member -> liking(member, partition)))
                .orElseThrow();
        TreeSet<Integer> share = share(taker);
        share.add(partition);
        if (share.size() > least) {
            largerOnes--;
        }
    }

    private TreeSet<Integer> share(UUID member) {
        return Objects.requireNonNull(shares.get(member));
    }

    private boolean hasRoom(UUID member) {
        int size = share(member).size();
        return size < least || (size == least && largerOnes > 0);
    }

    /** Mixed as SplitMix64 does: neighbours must not be alike. */
    private static long liking(UUID member, int partition) {
        long mixed = mix(member.getMostSignificantBits() ^ mix(member.getLeastSignificantBits()));
        return mix(mixed + partition * 0x9E3779B97F4A7C15L);
    }

    private static long mix(long value) {
        long first = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
        long second = (first ^ (first >>> 27)) * 0x94D049BB133111EBL;
        return second ^ (second >>> 31);
    }
}
