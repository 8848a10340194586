// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.schema;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.DatastoreException;
import io.nvsentinel.datastore.error.UnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;
import reactor.test.publisher.TestPublisher;
import reactor.test.scheduler.VirtualTimeScheduler;

/** Only the waiting, on a virtual clock; the checks are tested in SchemaTest and SchemaStartTest. */
class SchemaWaitTest {

    private static final ConfigurationException OLDER = new SchemaNotReadyException("at version 1 and requires 2");
    private static final UnavailableException GONE = new UnavailableException("connection refused", "08001", null);

    private final VirtualTimeScheduler clock = VirtualTimeScheduler.create();
    private final AtomicInteger checks = new AtomicInteger();

    /** V1. */
    @Test
    void isDoneAfterACheckThatSucceeds() {
        StepVerifier.create(waiting(Duration.ofMinutes(1), List.of())).verifyComplete();
        assertThat(checks).hasValue(1);
    }

    /** V5. */
    @Test
    void checksUntilTheSchemaIsReady() {
        StepVerifier.create(waiting(Duration.ofMinutes(1), List.of(GONE, OLDER)))
                .then(() -> clock.advanceTimeBy(SchemaWait.INTERVAL))
                .then(() -> assertThat(checks).hasValue(2))
                .then(() -> clock.advanceTimeBy(SchemaWait.INTERVAL))
                .verifyComplete();
        assertThat(checks).hasValue(3);
    }

    /** V6. */
    @Test
    void saysWhatTheLastCheckSaidWhenTheTimeIsOver() {
        StepVerifier.create(waiting(Duration.ofSeconds(90), List.of(GONE, GONE), OLDER))
                .then(() -> clock.advanceTimeBy(Duration.ofSeconds(89)))
                .expectNoEvent(Duration.ZERO)
                .then(() -> clock.advanceTimeBy(Duration.ofSeconds(1)))
                .verifyErrorSatisfies(error -> assertThat(error)
                        .isInstanceOf(ConfigurationException.class)
                        .hasMessage("The schema is not ready after waiting PT1M30S: at version 1 and requires 2")
                        .hasCause(OLDER));
        assertThat(checks.get()).isBetween(89, 91);
    }

    @Test
    void mayBeTriedAgainWhenTheServerWasTheReason() {
        StepVerifier.create(waiting(Duration.ofSeconds(5), List.of(OLDER), GONE))
                .then(() -> clock.advanceTimeBy(Duration.ofSeconds(5)))
                .verifyErrorSatisfies(error -> {
                    assertThat(error)
                            .isInstanceOf(UnavailableException.class)
                            .hasMessageContaining("connection refused");
                    assertThat(((DatastoreException) error).sqlState()).isEqualTo("08001");
                });
    }

    /** V7. */
    @Test
    void doesNotHangWithACheckThatDoes() {
        TestPublisher<Void> silent = TestPublisher.create();
        StepVerifier.create(new SchemaWait(silent.mono(), Duration.ofSeconds(5), clock).untilReady())
                .then(() -> clock.advanceTimeBy(Duration.ofSeconds(5)))
                .verifyErrorMessage("The schema is not ready after waiting PT5S: the server did not answer");
        silent.assertCancelled();
    }

    /** V8. */
    @Test
    void endsWithItsSubscriberAndWithoutAnError() {
        TestPublisher<Void> silent = TestPublisher.create();
        AtomicReference<Throwable> error = new AtomicReference<>();
        Disposable waiting = new SchemaWait(silent.mono(), Duration.ofSeconds(5), clock)
                .untilReady()
                .subscribe(nothing -> {}, error::set);
        silent.assertSubscribers(1);
        waiting.dispose();
        silent.assertCancelled();

        waiting(Duration.ofSeconds(5), List.of(), OLDER)
                .subscribe(nothing -> {}, error::set)
                .dispose();
        clock.advanceTimeBy(Duration.ofMinutes(1));
        assertThat(checks).hasValue(1);
        assertThat(error).hasValue(null);
    }

    @Test
    void doesNotWaitForZeroSeconds() {
        StepVerifier.create(waiting(Duration.ZERO, List.of(), OLDER)).verifyErrorMatches(OLDER::equals);
        assertThat(checks).hasValue(1);
    }

    @Test
    void doesNotWaitWhereWaitingCannotHelp() {
        for (String state : List.of("28P01", "3D000")) {
            ConfigurationException refused = new ConfigurationException("refused", state, null);
            StepVerifier.create(waiting(Duration.ofSeconds(5), List.of(), refused))
                    .verifyErrorMatches(refused::equals);
        }
        IllegalStateException bug = new IllegalStateException("bug");
        StepVerifier.create(waiting(Duration.ofSeconds(5), List.of(), bug)).verifyErrorMatches(bug::equals);
    }

    private Mono<Void> waiting(Duration longest, List<? extends Exception> first) {
        return waiting(longest, first, null);
    }

    /** Fails with these errors one after the other, then with the last or not at all. */
    private Mono<Void> waiting(Duration longest, List<? extends Exception> first, Exception last) {
        Queue<Exception> errors = new ArrayDeque<>(first);
        Mono<Void> check = Mono.defer(() -> {
            checks.incrementAndGet();
            Exception error = errors.isEmpty() ? last : errors.remove();
            return error == null ? Mono.empty() : Mono.error(error);
        });
        return new SchemaWait(check, longest, clock).untilReady();
    }
}
