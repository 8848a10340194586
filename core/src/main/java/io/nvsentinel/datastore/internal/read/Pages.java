// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.read;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.publisher.SynchronousSink;
import reactor.core.scheduler.Scheduler;

/**
 * Combines pages, each a separate query, into one sequence. For one subscriber.
 *
 * <p>The first pages are read when there is demand for them. A subscriber that requests a third page probably reads all
 * of them: from then on one page is read ahead, so that the server and the subscriber work in parallel.
 *
 * @param <R> the rows
 */
final class Pages<R> {

    private static final int BEFORE_READING_AHEAD = 2;

    private final @Nullable Scheduler reader;
    private final Function<Page.@Nullable Cursor, Mono<Page<R>>> read;
    private final Prefetch<Page<R>> ahead = new Prefetch<>();
    private Page.@Nullable Cursor next;
    private boolean more = true;
    private int count;

    private Pages(@Nullable Scheduler reader, Function<Page.@Nullable Cursor, Mono<Page<R>>> read) {
        this.reader = reader;
        this.read = read;
    }

    /**
     * Reads page after page until the last one.
     *
     * @param reader the scheduler on which prefetched pages are emitted; null disables prefetching: the thread that
     *     reads from the server should send the next request, not do the subscriber's work
     * @param read reads the page at a cursor, or the first page
     * @return cold
     */
    static <R> Flux<List<R>> all(@Nullable Scheduler reader, Function<Page.@Nullable Cursor, Mono<Page<R>>> read) {
        return Flux.using(
                () -> new Pages<>(reader, read),
                // As a value an error waits for demand, as a page does; else it would overtake the rows before it.
                pages -> Mono.defer(pages::next)
                        .materialize()
                        .repeat(() -> pages.more)
                        .handle(pages::arrived),
                pages -> pages.ahead.dispose());
    }

    private Mono<Page<R>> next() {
        return ahead.or(read.apply(next));
    }

    private void arrived(Signal<Page<R>> result, SynchronousSink<List<R>> sink) {
        Page<R> page = result.get();
        if (page == null) {
            sink.error(Objects.requireNonNull(result.getThrowable()));
            return;
        }
        next = page.next();
        more = next != null;
        if (more && reader != null && ++count > BEFORE_READING_AHEAD) {
            ahead.begin(read.apply(next).publishOn(reader).contextWrite(sink.contextView()));
        }
        sink.next(page.rows());
    }
}
