// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Every meter of change streams. {@code docs/metrics.md} lists them in these words, and a test holds both equal. */
enum ChangeStreamMeter {
    WAKEUPS("wakeups", null, "reads of the changelog's end, by reason"),
    PAGES("pages", null, "pages read; catchup is true for pages that a lagging watch read separately"),
    CHANGES_READ("changes.read", null, "changes read"),
    BYTES_READ("bytes.read", null, "bytes of documents read, measured in memory"),
    GAPS("gaps", null, "closed gaps, and how long they were open"),
    GAPS_HELD("gaps.held", null, "gaps older than a second"),
    GAP_AGE("gap.age", "seconds", "age of the gap that blocks delivery; 0 if there is none"),
    READ_FAILURES("read.failures", null, "failed reads of the changelog"),
    RECONNECTS("reconnects", null, "recoveries after failed reads of the changelog"),
    LISTENING("listening", null, "1 if writers notify the reader, 0 if it only polls"),
    LISTEN_LOSSES("listen.losses", null, "interruptions of LISTEN"),
    TOKENS_STORED("tokens.stored", null, "positions stored"),
    TOKENS_FAILED("tokens.failed", null, "failed attempts to store a position"),
    FENCED("fenced", null, "takeovers of the client name by another owner"),
    UNDECODABLE("undecodable", null, "changes whose document cannot be decoded"),
    HANDLER_FAILURES("handler.failures", null, "failed attempts to handle a change"),
    DEAD_LETTERS("dead.letters", null, "changes that a processor stored as dead letters or skipped"),
    LAG_CHANGES("lag.changes", "changes", "changes that a client of this process is behind"),
    LAG_SECONDS("lag.seconds", "seconds", "age of the oldest change that the client has not acknowledged"),
    PARTITIONS("partitions", null, "partitions of a group that this process handles"),
    PARTITIONS_LOST("partitions.lost", null, "partitions that were lost without a handover");

    private static final String PREFIX = "nvsentinel.changestream.";

    private final String meterName;
    private final @Nullable String unit;
    private final String description;

    ChangeStreamMeter(String name, @Nullable String unit, String description) {
        this.meterName = PREFIX + name;
        this.unit = unit;
        this.description = description;
    }

    void gauge(MeterRegistry registry, Tags tags, Supplier<Number> value) {
        Gauge.builder(meterName, value)
                .baseUnit(unit)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    void remove(MeterRegistry registry, Tags tags) {
        registry.find(meterName).tags(tags).meters().forEach(registry::remove);
    }

    Counter counter(MeterRegistry registry, Tags tags) {
        return Counter.builder(meterName)
                .baseUnit(unit)
                .description(description)
                .tags(tags)
                .register(registry);
    }

    Timer timer(MeterRegistry registry) {
        return Timer.builder(meterName).description(description).register(registry);
    }
}
