// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.read;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;
import reactor.util.context.Context;

/** When pages are read, and what happens to unwanted pages. Ten pages of two numbers each. */
@Tag("essential")
class PagesTest {

    private static final Duration SOON = Duration.ofSeconds(30);
    private static final int PAGES = 10;
    private static final List<Integer> ALL =
            IntStream.rangeClosed(1, 2 * PAGES).boxed().toList();

    private final List<Integer> begun = new ArrayList<>();
    private final List<Integer> cancelled = new ArrayList<>();
    private final Map<Integer, Mono<Page<Integer>>> special = new TreeMap<>();

    private Mono<Page<Integer>> read(Page.Cursor cursor) {
        int number = cursor == null ? 1 : (int) cursor.keys().get(0);
        return Mono.defer(() -> {
            begun.add(number);
            return special.getOrDefault(number, Mono.just(page(number)));
        });
    }

    private static Page<Integer> page(int number) {
        return new Page<>(
                List.of(2 * number - 1, 2 * number),
                number == PAGES ? null : new Page.Cursor(List.of(number + 1), Long.MAX_VALUE, 2));
    }

    private Flux<List<Integer>> pages() {
        return Pages.all(Schedulers.immediate(), this::read);
    }

    private Flux<Integer> rows() {
        return pages().concatMapIterable(Function.identity(), 1);
    }

    @Test
    void givesEachRowOnceInOrderToEachSubscriber() {
        Flux<Integer> rows = rows();
        for (int i = 0; i < 2; i++) {
            assertThat(rows.collectList().block(SOON)).isEqualTo(ALL);
        }
        assertThat(begun).hasSize(2 * PAGES);
    }

    @Test
    void whoWantsWhatTheFirstPagesHaveReadsNoOther() {
        for (int wanted = 1; wanted <= 4; wanted++) {
            begun.clear();
            assertThat(rows().take(wanted).collectList().block(SOON)).isEqualTo(ALL.subList(0, wanted));
            assertThat(begun).as("for " + wanted).hasSize((wanted + 1) / 2);
        }
    }

    @Test
    void fromTheThirdOnTheNextIsReadWhileOneIsUsed() {
        List<Integer> atArrival = new ArrayList<>();
        pages().doOnNext(page -> atArrival.add(begun.size())).blockLast(SOON);
        assertThat(atArrival).containsExactly(1, 2, 4, 5, 6, 7, 8, 9, 10, 10);
    }

    @Test
    void nothingIsReadAheadWhereThatIsNotAllowed() {
        List<Integer> atArrival = new ArrayList<>();
        Pages.all(null, this::read)
                .doOnNext(page -> atArrival.add(begun.size()))
                .blockLast(SOON);
        assertThat(atArrival).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    }

    @Test
    void neverMoreThanOnePageAheadOfDemand() {
        StepVerifier.Step<List<Integer>> step = StepVerifier.create(pages(), 0);
        for (int number = 1; number < PAGES; number++) {
            int wanted = number;
            step = step.thenRequest(1)
                    .expectNextCount(1)
                    .then(() -> assertThat(begun.size()).isLessThanOrEqualTo(wanted + 1));
        }
        step.thenRequest(1).expectNextCount(1).expectComplete().verify(SOON);
        assertThat(begun).hasSize(PAGES);
    }

    @Test
    void cancellingStopsThePageThatIsReadAhead() {
        special.put(5, Mono.<Page<Integer>>never().doOnCancel(() -> cancelled.add(5)));
        BaseSubscriber<List<Integer>> subscriber = new BaseSubscriber<>() {};
        pages().subscribe(subscriber);
        assertThat(begun).containsExactly(1, 2, 3, 4, 5);
        assertThat(cancelled).isEmpty();
        subscriber.cancel();
        assertThat(cancelled).containsExactly(5);
    }

    @Test
    void aSubscriberThatFailsStopsThePageThatIsReadAhead() {
        special.put(5, Mono.<Page<Integer>>never().doOnCancel(() -> cancelled.add(5)));
        StepVerifier.create(pages().concatMap(
                                page -> page.contains(8)
                                        ? Mono.error(new IllegalStateException("mine"))
                                        : Mono.just(page),
                                1))
                .expectNextCount(3)
                .expectErrorMessage("mine")
                .verify(SOON);
        assertThat(cancelled).containsExactly(5);
    }

    /** For every failing page, and for slow demand before it. */
    @Test
    void anErrorComesAfterTheRowsBeforeIt() {
        for (int failing = 1; failing <= PAGES; failing++) {
            special.clear();
            begun.clear();
            special.put(failing, Mono.error(new IllegalStateException("mine")));
            StepVerifier.Step<Integer> step = StepVerifier.create(rows(), 0);
            for (int row = 1; row <= 2 * (failing - 1); row++) {
                step = step.thenRequest(1).expectNext(row);
            }
            step.thenRequest(1).expectErrorMessage("mine").verify(SOON);
            assertThat(begun).as("none after a failed one").hasSize(failing);
        }
    }

    @Test
    void eachPageIsReadWithTheSubscribersContext() {
        List<Object> seen = new ArrayList<>();
        Pages.all(
                        Schedulers.immediate(),
                        cursor -> Mono.deferContextual(context -> {
                            seen.add(context.getOrDefault("key", "none"));
                            return read(cursor);
                        }))
                .contextWrite(Context.of("key", "mine"))
                .blockLast(SOON);
        assertThat(seen).hasSize(PAGES).containsOnly("mine");
    }
}
