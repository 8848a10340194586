// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import java.nio.charset.StandardCharsets;

/**
 * Which lane, and which partition, a key belongs to: the same one in every process and at every time, since processes
 * share the work by it.
 */
public final class Lanes {

    private static final int FNV_OFFSET = 0x811C9DC5;
    private static final int FNV_PRIME = 0x01000193;

    private Lanes() {}

    /**
     * The lane of a key, by its FNV-1a hash.
     *
     * @param key the key; the empty one belongs to the first lane
     * @param lanes how many lanes there are
     * @return 0 to {@code lanes - 1}
     */
    public static int of(String key, int lanes) {
        return key.isEmpty() ? 0 : (hash(key) & Integer.MAX_VALUE) % lanes;
    }

    /**
     * The partition of a key in a group. The hash is mixed again with the finalizer of MurmurHash3, because the keys of
     * one partition would otherwise share one lane if both numbers are equal, or few lanes if one number divides the
     * other.
     *
     * @param key the key; the empty one belongs to the first partition
     * @param partitions how many partitions there are
     * @return 0 to {@code partitions - 1}
     */
    public static int partition(String key, int partitions) {
        if (key.isEmpty()) {
            return 0;
        }
        int first = hash(key);
        int second = (first ^ (first >>> 16)) * 0x85EBCA6B;
        int third = (second ^ (second >>> 13)) * 0xC2B2AE35;
        return ((third ^ (third >>> 16)) & Integer.MAX_VALUE) % partitions;
    }

    private static int hash(String key) {
        int hash = FNV_OFFSET;
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
        }
        return hash;
    }
}
