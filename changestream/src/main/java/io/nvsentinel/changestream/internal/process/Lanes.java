// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.process;

import java.nio.charset.StandardCharsets;

/** Which lane a key belongs to: the same one in every process and at every time, since processes share the work by it. */
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
        if (key.isEmpty()) {
            return 0;
        }
        int hash = FNV_OFFSET;
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xFF)) * FNV_PRIME;
        }
        return (hash & Integer.MAX_VALUE) % lanes;
    }
}
