// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** Times as the server's binary protocol has them: microseconds since the year 2000. Every value converts back exactly. */
final class ServerTime {

    private static final Instant EPOCH = Instant.parse("2000-01-01T00:00:00Z");
    private static final long MICROS = 1_000_000;
    private static final int NANOS_OF_MICRO = 1_000;

    private ServerTime() {}

    static Instant of(long micros) {
        return EPOCH.plusSeconds(Math.floorDiv(micros, MICROS))
                .plusNanos(Math.floorMod(micros, MICROS) * NANOS_OF_MICRO);
    }

    static long micros(Instant time) {
        return ChronoUnit.MICROS.between(EPOCH, time);
    }
}
