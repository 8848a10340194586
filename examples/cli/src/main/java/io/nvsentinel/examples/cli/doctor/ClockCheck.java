// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.doctor;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** How far this machine's clock and the server's are apart. */
final class ClockCheck implements Check {

    private static final int SAMPLES = 3;
    private static final Duration TOLERATED = Duration.ofSeconds(1);

    @Override
    public String name() {
        return "clock";
    }

    @Override
    public Need need() {
        return Need.LOGIN;
    }

    @Override
    public void run(Patient patient) throws SQLException {
        Sample best = Sample.take(patient);
        for (int i = 1; i < SAMPLES; i++) {
            Sample next = Sample.take(patient);
            best = next.roundTrip.compareTo(best.roundTrip) < 0 ? next : best;
        }
        tell(patient, best);
    }

    private static void tell(Patient patient, Sample best) {
        long millis = best.ahead.toMillis();
        long error = best.roundTrip.toMillis() / 2 + 1;
        Map<String, @Nullable Object> facts = new LinkedHashMap<>();
        facts.put("serverAheadMillis", millis);
        facts.put("uncertaintyMillis", error);
        String text = "the server's clock is " + Math.abs(millis) + " ms " + (millis < 0 ? "behind" : "ahead") + " (± "
                + error + " ms)";
        if (Duration.ofMillis(Math.abs(millis) - error).compareTo(TOLERATED) > 0) {
            patient.warn(
                    text,
                    "synchronize both machines with a time server: ages and the validity of "
                            + "certificates depend on these clocks",
                    facts);
        } else {
            patient.ok(text, facts);
        }
    }

    /** One question to the server's clock; the truth lies within the time that it took. */
    private record Sample(Duration ahead, Duration roundTrip) {

        static Sample take(Patient patient) throws SQLException {
            Clock clock = patient.invocation().clock();
            Instant before = clock.instant();
            String told = Sql.one(patient.connection(), "SELECT extract(epoch FROM clock_timestamp())::text")
                    .get(0);
            Duration roundTrip = Duration.between(before, clock.instant());
            Instant server = instant(Objects.requireNonNull(told));
            return new Sample(Duration.between(before.plus(roundTrip.dividedBy(2)), server), roundTrip);
        }

        private static Instant instant(String epoch) {
            String[] parts = epoch.split("\\.");
            return Instant.ofEpochSecond(Long.parseLong(parts[0]))
                    .plusNanos(Long.parseLong((parts[1] + "000000000").substring(0, 9)));
        }
    }
}
