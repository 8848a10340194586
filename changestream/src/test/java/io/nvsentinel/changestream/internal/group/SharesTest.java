// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.group;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@Tag("essential")
class SharesTest {

    static Stream<Case> cases() {
        Random random = new Random(20_240_517);
        return Stream.generate(() -> Case.of(random)).limit(500);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void everyPartitionHasOneTakerAndSharesAreEven(Case given) {
        Map<Integer, UUID> takers = takers(given.members(), given.partitions());
        assertThat(takers).hasSize(given.partitions());
        List<Integer> sizes = given.members().stream()
                .map(member -> Collections.frequency(takers.values(), member))
                .toList();
        assertThat(Collections.max(sizes) - Collections.min(sizes)).isLessThanOrEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void theOrderInWhichMembersAreSeenDoesNotMatter(Case given) {
        List<UUID> shuffled = new ArrayList<>(given.members());
        Collections.shuffle(shuffled, new Random(given.partitions()));
        assertThat(takers(shuffled, given.partitions())).isEqualTo(takers(given.members(), given.partitions()));
    }

    /**
     * Assigning all partitions again would move most of them: of 64 partitions of four members about 48, were they
     * given out by counting.
     */
    @Test
    void whoComesOrGoesMovesFewPartitionsOfOthers() {
        Random random = new Random(7);
        double moved = IntStream.range(0, 200)
                .map(i -> movedWhenOneJoins(random))
                .average()
                .orElseThrow();
        assertThat(moved).isLessThan(24);
    }

    private static int movedWhenOneJoins(Random random) {
        List<UUID> three = members(random, 3);
        List<UUID> four = new ArrayList<>(three);
        four.addAll(members(random, 1));
        Map<Integer, UUID> before = takers(three, 64);
        Map<Integer, UUID> after = takers(four, 64);
        return (int) before.keySet().stream()
                .filter(partition -> !before.get(partition).equals(after.get(partition)))
                .count();
    }

    private static Map<Integer, UUID> takers(List<UUID> members, int partitions) {
        Map<Integer, UUID> takers = new HashMap<>();
        members.forEach(member -> Shares.of(members, member, partitions)
                .forEach(partition -> assertThat(takers.put(partition, member)).isNull()));
        return takers;
    }

    private static List<UUID> members(Random random, int count) {
        return Stream.generate(() -> new UUID(random.nextLong(), random.nextLong()))
                .limit(count)
                .toList();
    }

    record Case(List<UUID> members, int partitions) {

        static Case of(Random random) {
            return new Case(SharesTest.members(random, 1 + random.nextInt(20)), 1 + random.nextInt(64));
        }
    }
}
