// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.Ownership;
import io.nvsentinel.changestream.internal.process.Attempts;
import io.nvsentinel.changestream.internal.process.DeadLetterTable;
import io.nvsentinel.changestream.internal.process.DeadLetterTable.Letter;
import io.nvsentinel.changestream.internal.process.Effect;
import io.nvsentinel.changestream.internal.process.FailureListener;
import io.nvsentinel.changestream.internal.process.LeasedEffect;
import io.nvsentinel.changestream.internal.process.Outage;
import io.nvsentinel.changestream.internal.process.Processor;
import io.nvsentinel.changestream.internal.process.Replays;
import io.nvsentinel.changestream.internal.process.Task;
import io.nvsentinel.changestream.processing.ProcessingStoppedException;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One watch whose changes are processed, together with the dead letters to replay.
 *
 * @param <T> the documents' type
 */
final class Processing<T> {

    private final Watch<T> watch;
    private final ProcessorOptions options;
    private final Keys keys;
    private final Outage outage;
    private final Scheduler timer;

    Processing(Watch<T> watch, ProcessorOptions options, Outage outage, Scheduler timer) {
        this.watch = watch;
        this.options = options;
        this.outage = outage;
        this.keys = new Keys(options, watch.json());
        this.timer = timer;
    }

    /**
     * Processes until a stop is requested.
     *
     * @param events the watch's changes
     * @param effect the handler of a change
     * @param letters the client's dead letters
     * @param listener is notified of failures
     * @param stop completes when to stop
     */
    Mono<Void> run(
            Flux<ChangeEvent<T>> events,
            Effect<ChangeEvent<T>> effect,
            DeadLetterTable letters,
            ChangeStreamListener listener,
            Mono<Void> stop) {
        Effect<ChangeEvent<T>> decoded = new DecodedEffect<>(effect);
        Attempts<ChangeEvent<T>> attempts = new Attempts<>(
                options,
                options.group() == null ? decoded : new LeasedEffect<>(decoded, watch.ownership()),
                new Heard<>(watch.ownership().owned().client(), listener),
                watch.start().incarnation(),
                outage,
                timer);
        Replays replays = new Replays();
        Flux<Task<ChangeEvent<T>>> tasks = Flux.merge(
                1,
                events.map(this::task),
                replays.of(letters, watch.name(), letter -> watch.takes(letter.row()), timer)
                        .concatMap(letter -> replay(letter, replays), 1));
        // takeUntilOther would leave running what an error of the other one has to end.
        return Mono.firstWithSignal(new Processor<>(options, attempts, timer).run(tasks, stop), keepStoring(), lease());
    }

    /**
     * The owner of a partition stops before another member can start; the only owner of a name is ended only by a
     * takeover.
     */
    private Mono<Void> lease() {
        return options.group() == null ? Mono.never() : watch.ownership().untilLeaseEnds();
    }

    private Mono<Void> keepStoring() {
        Ownership ownership = watch.ownership();
        return watch.keep(outage.boundOf(options.storeTimeout()))
                .onErrorMap(
                        error -> !(error instanceof ClientFencedException) && !Restarts.isHistoryGone(error), error -> {
                            Position reached = ownership.acknowledged();
                            return new ProcessingStoppedException(
                                    "Processing stopped because the position behind change " + reached.id()
                                            + ", up to which all changes are handled, could not be stored: "
                                            + error,
                                    reached.encode(),
                                    error);
                        });
    }

    private Task<ChangeEvent<T>> task(ChangeEvent<T> event) {
        return new Task<>(event.row(), event, key(event), 0, event::acknowledge);
    }

    /** A dead letter of a collection that is watched no more waits until it is watched again. */
    private Mono<Task<ChangeEvent<T>>> replay(Letter letter, Replays replays) {
        return Mono.justOrEmpty(watch.replayed(letter.row(), letter.incarnation()))
                .map(event ->
                        new Task<>(letter.row(), event, key(event), letter.id(), () -> replays.processed(letter.id())));
    }

    private String key(ChangeEvent<T> event) {
        return keys.of(event.row(), event);
    }

    private record Heard<T>(String client, ChangeStreamListener listener) implements FailureListener<ChangeEvent<T>> {

        @Override
        public void onHandlerFailed(Task<ChangeEvent<T>> task, int attempt, Throwable error) {
            listener.onHandlerFailed(client, task.event(), attempt, error);
        }

        @Override
        public void onDeadLetter(Task<ChangeEvent<T>> task, int attempts, Throwable error) {
            listener.onDeadLetter(client, task.event(), attempts, error);
        }
    }
}
