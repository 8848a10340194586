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
 * Turns pages, each a query of its own, into one sequence. For one subscriber.
 *
 * <p>The first pages are read when there is demand for them. Who asks for a third reads them all: from then on one page is
 * read ahead, so that the server works while the subscriber does.
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
     * Reads page after page, each where the one before says, until one is the last.
     *
     * @param reader where a page arrives that was read before there was demand for it; null if none may be: the thread that
     *     reads from the server is to send the next request, not to do the subscriber's work
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
