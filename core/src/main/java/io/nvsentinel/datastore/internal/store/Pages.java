// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Signal;
import reactor.core.publisher.SynchronousSink;

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

    private final boolean readsAhead;
    private final Function<Page.@Nullable Cursor, Mono<Page<R>>> read;
    private final Ahead<Page<R>> ahead = new Ahead<>();
    private Page.@Nullable Cursor next;
    private boolean more = true;
    private int count;

    private Pages(boolean readsAhead, Function<Page.@Nullable Cursor, Mono<Page<R>>> read) {
        this.readsAhead = readsAhead;
        this.read = read;
    }

    /**
     * Reads page after page, each where the one before says, until one is the last.
     *
     * @param readsAhead whether a page may be read before there is demand for it
     * @param read reads the page at a cursor, or the first page
     * @return cold
     */
    static <R> Flux<List<R>> all(boolean readsAhead, Function<Page.@Nullable Cursor, Mono<Page<R>>> read) {
        return Flux.using(
                () -> new Pages<>(readsAhead, read),
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
        if (more && readsAhead && ++count > BEFORE_READING_AHEAD) {
            ahead.begin(read.apply(next).contextWrite(sink.contextView()));
        }
        sink.next(page.rows());
    }
}
