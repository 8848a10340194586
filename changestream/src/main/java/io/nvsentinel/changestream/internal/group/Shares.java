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
 * Who should have which partitions. Whoever knows the same members comes to the same answer, and nobody has to be asked:
 * each partition goes to the member that likes it best, as a hash of both says, among those that have room. Shares differ
 * by at most one, and a member that comes or goes moves few partitions of others.
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
     * One member's share.
     *
     * @param members who is alive, in any order; the member is one of them
     * @param member whose share
     * @param partitions how many partitions there are
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
