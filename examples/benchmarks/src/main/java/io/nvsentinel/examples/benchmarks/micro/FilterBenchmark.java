// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.micro;

import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.internal.filter.FieldMap;
import io.nvsentinel.datastore.internal.filter.FilterPredicate;
import io.nvsentinel.datastore.internal.filter.FilterSql;
import io.nvsentinel.datastore.internal.filter.RecordContext;
import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A filter on a decoded document, and its way to SQL. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class FilterBenchmark {

    private final Filter one = Filter.eq("healthevent.nodeName", Documents.node(1));
    private final Filter several = Filter.and(
            Filter.eq("healthevent.isFatal", true),
            Filter.in("healthevent.checkName", List.of("GpuXidError", "GpuMemWatch", "NvLink")),
            Filter.not(Filter.eq("healtheventstatus.nodequarantined", "Quarantined")),
            Filter.startsWith("healthevent.message", "XID error"));
    private final Filter pattern = Filter.matches("healthevent.message", "XID error [0-9]+.*fallen off the bus");

    private final FilterPredicate testOne = FilterPredicate.compile(one, FieldMap.HEALTH_EVENTS);
    private final FilterPredicate testSeveral = FilterPredicate.compile(several, FieldMap.HEALTH_EVENTS);
    private final FilterPredicate testPattern = FilterPredicate.compile(pattern, FieldMap.HEALTH_EVENTS);

    private final Map<String, @Nullable Object> document =
            JsonCodec.jackson3().readTree(Documents.text(0).getBytes(StandardCharsets.UTF_8));

    /**
     * One comparison.
     *
     * @return the verdict
     */
    @Benchmark
    public boolean one() {
        return testOne.test(document, RecordContext.NONE);
    }

    /**
     * Four conditions.
     *
     * @return the verdict
     */
    @Benchmark
    public boolean several() {
        return testSeveral.test(document, RecordContext.NONE);
    }

    /**
     * A regular expression.
     *
     * @return the verdict
     */
    @Benchmark
    public boolean pattern() {
        return testPattern.test(document, RecordContext.NONE);
    }

    /**
     * Four conditions rendered.
     *
     * @return the SQL
     */
    @Benchmark
    public Object rendered() {
        return FilterSql.render(several, FieldMap.HEALTH_EVENTS, 1);
    }
}
