// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.micro;

import io.nvsentinel.changestream.Operation;
import io.nvsentinel.changestream.internal.changelog.ChangelogRow;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.Acknowledgements;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Resume tokens, and what acknowledging a change costs. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class TokenBenchmark {

    private final UUID incarnation = UUID.fromString("7d3f2ab1-5b0e-4a8c-9d94-0a6f3c1e2b47");
    private final ChangelogRow row = new ChangelogRow(
            123_456_789L,
            987_654L,
            "health_events",
            UUID.fromString("0b9d2a34-8f6e-4c11-a8c2-3e5d7f901234"),
            Operation.INSERT,
            Instant.parse("2026-10-01T00:00:00.123456Z"),
            true,
            0,
            null,
            new byte[900]);
    private final Position position = Position.at(incarnation, row.id(), row.check());
    private final String text = position.encode();
    private final Acknowledgements acknowledgements = new Acknowledgements(new HistoryPoint(incarnation, 0, null));

    /**
     * A change's token as text.
     *
     * @return the text
     */
    @Benchmark
    public String encode() {
        return Position.at(incarnation, row.id(), row.check()).encode();
    }

    /**
     * A token from text.
     *
     * @return the token
     */
    @Benchmark
    public Object parse() {
        return Position.parse(text);
    }

    /** A change delivered and acknowledged. */
    @Benchmark
    public void acknowledge() {
        acknowledgements.deliver(row).run();
    }
}
