// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.benchmarks.micro;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.examples.benchmarks.peer.Documents;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** A document to and from JSON. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class DecodeBenchmark {

    private final JsonCodec json = JsonCodec.jackson3();
    private final DocumentCodec<HealthEventDocument> codec = HealthEventDocument.codec(json);
    private final HealthEventDocument document = Documents.document(0);
    private final byte[] bytes = codec.encode(document);

    /**
     * A typed document from bytes.
     *
     * @return the document
     */
    @Benchmark
    public Object typed() {
        return codec.decode(bytes);
    }

    /**
     * A tree from bytes: the part of the above that Jackson takes.
     *
     * @return the tree
     */
    @Benchmark
    public Object tree() {
        return json.readTree(bytes);
    }

    /**
     * Bytes from a typed document.
     *
     * @return the bytes
     */
    @Benchmark
    public byte[] encode() {
        return codec.encode(document);
    }
}
