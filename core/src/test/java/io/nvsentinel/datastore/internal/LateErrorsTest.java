// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.error.UnavailableException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/** On Reactor's operators themselves, whose hook has a key that is not public. */
@Tag("essential")
class LateErrorsTest {

    private final List<Throwable> dropped = new CopyOnWriteArrayList<>();

    @BeforeEach
    void listen() {
        Hooks.onErrorDropped(dropped::add);
    }

    @AfterEach
    void stopListening() {
        Hooks.resetOnErrorDropped();
    }

    @Test
    void lateErrorsOfADatabaseAreQuiet() {
        Throwable late = new UnavailableException("late", null, null);
        failsTwice(late).contextWrite(LateErrors::quietly).onErrorComplete().blockLast();
        assertThat(dropped).isEmpty();

        failsTwice(late).onErrorComplete().blockLast();
        assertThat(dropped).as("without it").containsExactly(late);
    }

    @Test
    void lateErrorsOfAProgramAreNot() {
        Throwable late = new IllegalStateException("late");
        failsTwice(late).contextWrite(LateErrors::quietly).onErrorComplete().blockLast();
        assertThat(dropped).containsExactly(late);
    }

    @Test
    void theHookOfASubscriberStays() {
        Context own = Context.of("reactor.onErrorDropped.local", "own");
        assertThat(LateErrors.quietly(own)).isSameAs(own);
    }

    private static Flux<Object> failsTwice(Throwable late) {
        return Flux.from(subscriber -> {
                    subscriber.onSubscribe(Operators.emptySubscription());
                    subscriber.onError(new UnavailableException("first", null, null));
                    subscriber.onError(late);
                })
                .map(value -> value);
    }
}
