// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Turns pages, each a query of its own, into one sequence. */
final class Pages {

    private Pages() {}

    /**
     * Reads page after page, each where the one before says, until one is the last. A page is asked for when there is
     * demand for it.
     *
     * @param read reads the page at a cursor, or the first page
     */
    static <R> Flux<List<R>> all(Function<Page.@Nullable Cursor, Mono<Page<R>>> read) {
        return Flux.defer(() -> {
            AtomicReference<Page.@Nullable Cursor> next = new AtomicReference<>();
            AtomicBoolean more = new AtomicBoolean(true);
            return Mono.defer(() -> read.apply(next.get()))
                    .doOnNext(page -> {
                        next.set(page.next());
                        more.set(page.next() != null);
                    })
                    .repeat(more::get)
                    .map(Page::rows);
        });
    }
}
