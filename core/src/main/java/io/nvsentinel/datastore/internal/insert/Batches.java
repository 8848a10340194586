// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.insert;

import io.nvsentinel.datastore.BatchOptions;
import io.nvsentinel.datastore.BatchResult;
import io.nvsentinel.datastore.BatchResult.Failed;
import io.nvsentinel.datastore.BatchResult.Stored;
import io.nvsentinel.datastore.error.DatastoreException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Stores a stream's documents batch by batch. */
final class Batches {

    private final BisectingRetry salvage;
    private final BatchOptions options;

    Batches(BisectingRetry salvage, BatchOptions options) {
        this.salvage = salvage;
        this.options = options;
    }

    /**
     * A document of the stream, or its end.
     *
     * @param error why the document cannot even be sent, or null
     * @param end what the stream of documents failed with, after the last of them; or null
     */
    record Item(
            long index,
            Encoded document,
            @Nullable DatastoreException error,
            @Nullable Throwable end) {

        static Item end(Throwable failure) {
            return new Item(-1, Encoded.nothing(), null, failure);
        }
    }

    /** Divides what came together into batches of the size allowed. */
    List<List<Item>> split(List<Item> items) {
        List<List<Item>> batches = new ArrayList<>();
        List<Item> batch = new ArrayList<>();
        long bytes = 0;
        for (Item item : items) {
            bytes += item.document().bytes();
            if (bytes > options.maxBytes() && !batch.isEmpty()) {
                batches.add(batch);
                batch = new ArrayList<>();
                bytes = item.document().bytes();
            }
            batch.add(item);
        }
        batches.add(batch);
        return batches;
    }

    /** Stores a batch; its result is followed by the error if a fatal error occurred. */
    Flux<BatchResult> store(List<Item> batch) {
        Throwable end = batch.get(batch.size() - 1).end();
        if (end == null) {
            return storeDocuments(batch);
        }
        List<Item> documents = batch.subList(0, batch.size() - 1);
        return (documents.isEmpty() ? Flux.<BatchResult>empty() : storeDocuments(documents))
                .concatWith(Mono.error(end));
    }

    private Flux<BatchResult> storeDocuments(List<Item> batch) {
        return options.stopAtFailure() ? storeUntilFailure(batch) : storeAll(batch);
    }

    private Flux<BatchResult> storeAll(List<Item> batch) {
        List<Item> good = batch.stream().filter(item -> item.error() == null).toList();
        List<Item> bad = batch.stream().filter(item -> item.error() != null).toList();
        return insert(good).flatMapMany(attempt -> ending(withBad(attempt.result(), bad), attempt.end()));
    }

    private Flux<BatchResult> storeUntilFailure(List<Item> batch) {
        List<Item> before =
                batch.stream().takeWhile(item -> item.error() == null).toList();
        List<Item> bad = batch.subList(before.size(), Math.min(before.size() + 1, batch.size()));
        return insert(before)
                .map(Attempt::result)
                .map(result -> result.failed().isEmpty() ? withBad(result, bad) : result)
                .flatMapMany(result -> ending(
                        result,
                        result.failed().isEmpty()
                                ? null
                                : result.failed().get(0).error()));
    }

    private static Flux<BatchResult> ending(BatchResult result, @Nullable DatastoreException end) {
        return end == null ? Flux.just(result) : Flux.just(result).concatWith(Mono.error(end));
    }

    /** What became of a batch, and the error if there is one for which no document is to blame. */
    private record Attempt(BatchResult result, @Nullable DatastoreException end) {}

    private Mono<Attempt> insert(List<Item> items) {
        if (items.isEmpty()) {
            return Mono.just(new Attempt(new BatchResult(List.of(), List.of()), null));
        }
        return Mono.defer(() -> {
            List<BisectingRetry.Outcome> outcomes = new ArrayList<>();
            return salvage.insert(items.stream().map(Item::document).toList())
                    .doOnNext(outcomes::add)
                    .takeUntil(outcome -> options.stopAtFailure() && outcome.isRefused())
                    .then(Mono.fromSupplier(() -> new Attempt(result(items, outcomes), null)))
                    .onErrorResume(
                            DatastoreException.class,
                            error -> Mono.fromSupplier(() -> new Attempt(result(items, outcomes), error)));
        });
    }

    private static BatchResult result(List<Item> items, List<BisectingRetry.Outcome> outcomes) {
        List<Stored> stored = new ArrayList<>();
        List<Failed> failed = new ArrayList<>();
        for (int i = 0; i < outcomes.size(); i++) {
            long index = items.get(i).index();
            DatastoreException error = outcomes.get(i).error();
            if (error == null) {
                stored.add(
                        new Stored(index, Objects.requireNonNull(outcomes.get(i).id())));
            } else {
                failed.add(new Failed(index, error));
            }
        }
        return new BatchResult(stored, failed);
    }

    private static BatchResult withBad(BatchResult result, List<Item> bad) {
        List<Failed> failed = new ArrayList<>(result.failed());
        bad.forEach(item -> failed.add(new Failed(item.index(), Objects.requireNonNull(item.error()))));
        failed.sort((one, other) -> Long.compare(one.index(), other.index()));
        return new BatchResult(result.stored(), failed);
    }
}
