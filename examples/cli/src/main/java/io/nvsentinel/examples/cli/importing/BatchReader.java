// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import io.nvsentinel.examples.cli.importing.json.RejectedDocumentException;
import io.nvsentinel.examples.cli.importing.source.DocumentSplitter;
import io.nvsentinel.examples.cli.importing.source.Source;
import io.nvsentinel.examples.cli.importing.source.SourceDocument;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.scheduler.Schedulers;

/**
 * Reads and converts the source in batches, on a separate thread, with a bounded number of batches ahead of the writer.
 */
final class BatchReader {

    /** Batches that are read while one is stored. */
    static final int AHEAD = 2;

    /** A batch ends with the document that makes it so large. */
    static final int BATCH_BYTES = 4 << 20;

    private final Source source;
    private final DocumentSplitter splitter;
    private final Converter converter;
    private final int batchSize;
    private final boolean stores;
    private @Nullable IOException failure;

    /**
     * Reads nothing yet.
     *
     * @param stores whether the batches are stored, for the error of a source that breaks off
     */
    BatchReader(Source source, Converter converter, int batchSize, boolean stores) {
        this.source = source;
        this.splitter = new DocumentSplitter(source.bytes());
        this.converter = converter;
        this.batchSize = batchSize;
        this.stores = stores;
    }

    /**
     * The batches, once. Closing the stream ends the reading.
     *
     * @return blocks for each; fails, after all that could be read, if the source does
     */
    Stream<Batch> batches() {
        return Flux.<Batch>generate(sink -> {
                    Batch batch = next();
                    if (batch == null) {
                        sink.complete();
                    } else {
                        sink.next(batch);
                    }
                })
                .subscribeOn(Schedulers.boundedElastic())
                .toStream(AHEAD);
    }

    private @Nullable Batch next() {
        if (failure != null) {
            throw Source.unreadable(source.name(), failure, stores);
        }
        Batch batch = new Batch(new ArrayList<>(), new ArrayList<>());
        try {
            fill(batch);
        } catch (IOException e) {
            // First comes what was read before it.
            failure = e;
            return batch;
        }
        return batch.documents().isEmpty() && batch.rejects().isEmpty() ? null : batch;
    }

    private void fill(Batch batch) throws IOException {
        List<ConvertedDocument> documents = batch.documents();
        for (long bytes = 0; documents.size() + batch.rejects().size() < batchSize && bytes < BATCH_BYTES; ) {
            SourceDocument piece = splitter.next();
            if (piece == null) {
                return;
            }
            bytes += piece.bytes().length;
            try {
                documents.add(converter.convert(piece));
            } catch (RejectedDocumentException e) {
                batch.rejects().add(new Batch.Reject(piece, e.getMessage()));
            } catch (OutOfMemoryError e) {
                // All that it made of this document is garbage by now; the others fit.
                batch.rejects().add(new Batch.Reject(piece.withoutBytes(), DocumentSplitter.TOO_LARGE));
            }
        }
    }
}
