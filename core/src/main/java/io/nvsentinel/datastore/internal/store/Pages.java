// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.store;

import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** Turns pages, each a query of its own, into one sequence. */
final class Pages {

    private Pages() {}

    /**
     * Reads page after page, each continuing after the last element of the one before, until one is not full.
     *
     * @param next reads the page after an element, or the first page
     * @param size how many elements a full page has
     */
    static <T> Flux<T> all(Function<@Nullable T, Mono<List<T>>> next, int size) {
        return Flux.defer(() -> {
            AtomicReference<@Nullable T> last = new AtomicReference<>();
            AtomicReference<Boolean> more = new AtomicReference<>(true);
            return Mono.defer(() -> next.apply(last.get()))
                    .doOnNext(page -> {
                        more.set(page.size() == size);
                        last.set(page.isEmpty() ? null : page.get(page.size() - 1));
                    })
                    .repeat(more::get)
                    .concatMapIterable(page -> page, 1);
        });
    }
}
