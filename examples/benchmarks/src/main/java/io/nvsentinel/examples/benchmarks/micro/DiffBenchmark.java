// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.micro;

import io.nvsentinel.changestream.internal.changelog.DocumentDiff;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What an update changed. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DiffBenchmark {

    private final byte[] before = Documents.text(0).getBytes(StandardCharsets.UTF_8);
    private final byte[] after =
            Documents.text(0).replace("XID error 79", "XID error 48").getBytes(StandardCharsets.UTF_8);
    private final Map<String, @Nullable Object> treeBefore =
            JsonCodec.jackson3().readTree(before);
    private final Map<String, @Nullable Object> treeAfter = JsonCodec.jackson3().readTree(after);

    /**
     * Between decoded documents.
     *
     * @return the difference
     */
    @Benchmark
    public Object trees() {
        return DocumentDiff.between(treeBefore, treeAfter);
    }

    /**
     * Decoding included, as when a subscriber asks for the updated fields.
     *
     * @return the difference
     */
    @Benchmark
    public Object bytes() {
        return DocumentDiff.between(
                JsonCodec.jackson3().readTree(before), JsonCodec.jackson3().readTree(after));
    }
}
