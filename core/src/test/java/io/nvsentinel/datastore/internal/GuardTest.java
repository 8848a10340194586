// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;

/** Any error that is thrown at the border to foreign code ends the stream, once, and what was begun is cancelled. */
@Tag("essential")
class GuardTest {

    private static final Function<Error, Exception> TRANSLATION = Translated::new;

    /** What stands for an error of the JVM. */
    private static final class Translated extends Exception {
        private static final long serialVersionUID = 1L;

        Translated(Error error) {
            super(error);
        }
    }

    /** Keeps the signals that it receives. */
    private static class Recorder extends BaseSubscriber<Object> {
        final List<Object> signals = new ArrayList<>();

        @Override
        protected void hookOnNext(Object value) {
            signals.add(value);
        }

        @Override
        protected void hookOnError(Throwable error) {
            signals.add(error);
        }

        @Override
        protected void hookOnComplete() {
            signals.add("complete");
        }
    }

    static Stream<Throwable> thrown() {
        return Stream.of(
                new StackOverflowError(),
                new OutOfMemoryError("heap"),
                new NoClassDefFoundError("x"),
                new AssertionError("x"),
                new IllegalStateException("x"));
    }

    private static <T> T raise(Throwable error) {
        if (error instanceof Error fatal) {
            throw fatal;
        }
        throw (RuntimeException) error;
    }

    private static void assertEndedWith(Recorder recorder, Throwable error) {
        boolean ofTheJvm = error instanceof VirtualMachineError || error instanceof LinkageError;
        assertThat(recorder.signals).singleElement().satisfies(signal -> {
            if (ofTheJvm) {
                assertThat(signal).isInstanceOf(Translated.class);
                assertThat((Translated) signal).hasCause(error);
            } else {
                assertThat(signal).isSameAs(error);
            }
        });
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whatMakingThePublisherThrowsIsSignalled(Throwable error) {
        Recorder recorder = new Recorder();
        ForeignCode.guarded(() -> GuardTest.<Mono<Object>>raise(error), TRANSLATION)
                .subscribe(recorder);
        assertEndedWith(recorder, error);
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whatSubscribingThrowsIsSignalled(Throwable error) {
        Publisher<Object> source = subscriber -> raise(error);
        Recorder recorder = new Recorder();
        ForeignCode.guarded(() -> source, TRANSLATION).subscribe(recorder);
        assertEndedWith(recorder, error);
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whatRequestingThrowsIsSignalledAndTheSourceIsCancelled(Throwable error) {
        AtomicBoolean cancelled = new AtomicBoolean();
        Publisher<Object> source = subscriber -> subscriber.onSubscribe(new Subscription() {
            @Override
            public void request(long n) {
                raise(error);
            }

            @Override
            public void cancel() {
                cancelled.set(true);
            }
        });
        Recorder recorder = new Recorder();
        ForeignCode.guarded(() -> source, TRANSLATION).subscribe(recorder);
        assertEndedWith(recorder, error);
        assertThat(cancelled).isTrue();
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whatThePublisherSignalsIsTranslatedIfItIsOfTheJvm(Throwable error) {
        Recorder recorder = new Recorder();
        ForeignCode.guarded(() -> Mono.error(error), TRANSLATION).subscribe(recorder);
        assertEndedWith(recorder, error);
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whatTakingAValueThrowsEndsAStreamWhoseSourceIsCancelled(Throwable error) {
        if (!(error instanceof Error)) {
            return;
        }
        AtomicBoolean cancelled = new AtomicBoolean();
        Sinks.Many<Object> source = Sinks.many().unicast().onBackpressureBuffer();
        Recorder recorder = new Recorder();
        ForeignCode.guarded(source.asFlux().doOnCancel(() -> cancelled.set(true)), TRANSLATION)
                .subscribe(new Throwing(recorder, error));
        source.tryEmitNext("first");
        assertEndedWith(recorder, error);
        assertThat(cancelled).isTrue();
        source.tryEmitNext("second");
        assertEndedWith(recorder, error);
    }

    /** Throws up to its source, as operators do with errors of the JVM. */
    private record Throwing(Recorder recorder, Throwable error) implements CoreSubscriber<Object> {
        @Override
        public void onSubscribe(Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(Object value) {
            raise(error);
        }

        @Override
        public void onError(Throwable signalled) {
            recorder.signals.add(signalled);
        }

        @Override
        public void onComplete() {
            recorder.signals.add("complete");
        }
    }

    @ParameterizedTest
    @MethodSource("thrown")
    void whatIsThrownAfterTheEndGoesToTheCallerAndIsNoSecondEnd(Throwable error) {
        Recorder recorder = new Recorder();
        Publisher<Object> source = subscriber -> {
            subscriber.onSubscribe(Operators.emptySubscription());
            subscriber.onComplete();
            raise(error);
        };
        assertThatThrownBy(() ->
                        ForeignCode.guarded(() -> source, TRANSLATION).subscribe((CoreSubscriber<Object>) recorder))
                .isSameAs(error);
        assertThat(recorder.signals).containsExactly("complete");
    }

    @Test
    void everythingElsePassesUnchanged() {
        Recorder recorder = new Recorder();
        ForeignCode.guarded(Flux.just((Object) 1, 2, 3), TRANSLATION).subscribe(recorder);
        assertThat(recorder.signals).containsExactly(1, 2, 3, "complete");

        List<Long> requested = new ArrayList<>();
        AtomicBoolean cancelled = new AtomicBoolean();
        BaseSubscriber<Object> one = new BaseSubscriber<>() {
            @Override
            protected void hookOnSubscribe(Subscription subscription) {
                subscription.request(1);
            }
        };
        ForeignCode.guarded(
                        Flux.<Object>never().doOnRequest(requested::add).doOnCancel(() -> cancelled.set(true)),
                        TRANSLATION)
                .subscribe(one);
        one.cancel();
        assertThat(requested).containsExactly(1L);
        assertThat(cancelled).isTrue();

        assertThat(ForeignCode.guarded(() -> Mono.deferContextual(context -> Mono.just(context.get("k"))), TRANSLATION)
                        .contextWrite(Context.of("k", "v"))
                        .block())
                .isEqualTo("v");
    }
}
