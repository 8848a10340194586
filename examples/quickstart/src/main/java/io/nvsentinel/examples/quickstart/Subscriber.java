// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.quickstart;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.model.HealthEventDocument;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Watches the health events under a client name, and acknowledges each change once it was handled. */
final class Subscriber {

    private final ChangeStreams streams;
    private final ChangePrinter printer;
    private final Ledger ledger;
    private final CompletableFuture<Boolean> subscribed = new CompletableFuture<>();
    private final CompletableFuture<Boolean> ended = new CompletableFuture<>();

    private Subscriber(ChangeStreams streams, ChangePrinter printer, Ledger ledger) {
        this.streams = streams;
        this.printer = printer;
        this.ledger = ledger;
    }

    /**
     * Starts watching, and returns when every change committed from then on will arrive.
     *
     * @param datastore what to watch
     * @param clientName under which the position is kept
     * @param printer shows each change
     * @param ledger notes each change
     * @return the subscriber, which the caller stops
     */
    static Subscriber start(Datastore datastore, String clientName, ChangePrinter printer, Ledger ledger) {
        Subscriber subscriber = new Subscriber(ChangeStreams.of(datastore), printer, ledger);
        subscriber.subscribe(datastore, clientName);
        Wait.until("subscribing to the change stream", Mono.fromFuture(subscriber.subscribed));
        return subscriber;
    }

    private void subscribe(Datastore datastore, String clientName) {
        WatchOptions options = WatchOptions.builder()
                .clientName(clientName)
                .onSubscribed(token -> subscribed.complete(true))
                .build();
        Consumer<ChangeEvent<HealthEventDocument>> handle = this::handle;
        // A terminal may block, and the threads that changes come on must not.
        streams.watch(datastore.healthEvents(), options)
                .publishOn(Schedulers.boundedElastic())
                .subscribe(handle, this::failed, () -> ended.complete(true));
    }

    private void handle(ChangeEvent<HealthEventDocument> change) {
        Instant arrived = Instant.now();
        double millis = Duration.between(change.changedAt(), arrived).toNanos() / 1e6;
        printer.print(change, arrived, millis);
        change.acknowledge();
        HealthEventDocument document = change.after() == null ? change.before() : change.after();
        if (change.recordId() != null && document != null) {
            ledger.received(Change.of(change.recordId(), change.operation(), document), millis);
        }
    }

    private void failed(Throwable error) {
        RuntimeException failure = error instanceof RuntimeException runtime
                ? runtime
                : new QuickstartException("the change stream failed: " + error.getMessage(), error);
        subscribed.completeExceptionally(failure);
        ended.completeExceptionally(failure);
        ledger.fail(failure);
    }

    /** Waits until the stream ends; fails as it does. */
    boolean hasEnded(Duration max) {
        return Boolean.TRUE.equals(
                Mono.fromFuture(ended, true).timeout(max, Mono.just(false)).block());
    }

    /** Ends the stream and stores how far it was acknowledged. */
    void stop() {
        Wait.until("closing the change stream", streams.close());
    }
}
