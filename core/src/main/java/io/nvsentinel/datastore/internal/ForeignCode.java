// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoOperator;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

/**
 * Wraps calls of foreign code: libraries, codecs, functions and listeners of the application.
 *
 * <p>Reactor treats {@link LinkageError} and {@link VirtualMachineError} as fatal: instead of signalling them it throws
 * them to the current caller, often a library thread, and the subscriber waits forever. This class converts them to
 * ordinary errors, so that each started operation terminates.
 */
public final class ForeignCode {

    /** Read here, when connecting begins on a thread that may block, and not when an error comes. */
    private static final List<ForeignLibrary> LIBRARIES = List.of(ForeignLibrary.values());

    private ForeignCode() {}

    /**
     * Calls code that gives a value.
     *
     * @param code the code
     * @param <T> the value
     * @return the value
     * @throws Exception what the code throws; {@link ConfigurationException} in place of an error of the JVM
     */
    public static <T> T call(Callable<T> code) throws Exception {
        try {
            return code.call();
        } catch (LinkageError | VirtualMachineError e) {
            throw failure(e);
        }
    }

    /**
     * Calls code that gives a publisher, and subscribes to that.
     *
     * @param code the code
     * @param <T> the value
     * @return cold; fails with {@link ConfigurationException} if either ends in an error of the JVM, or if that is how what
     *     comes behind takes the value
     */
    public static <T> Mono<T> defer(Supplier<Mono<T>> code) {
        return new Guarded<>(Mono.defer(code));
    }

    /**
     * Encodes a document.
     *
     * @param codec how
     * @param document what
     * @param <T> its type
     * @return as {@link DocumentCodec#encode}
     */
    public static <T> byte[] encode(DocumentCodec<T> codec, T document) {
        try {
            return codec.encode(document);
        } catch (StackOverflowError e) {
            throw new InvalidRequestException("The codec cannot encode a document: it is nested too deeply", null, e);
        } catch (LinkageError | VirtualMachineError e) {
            throw failure(e);
        }
    }

    /**
     * Decodes a document.
     *
     * @param codec how
     * @param json what
     * @param <T> its type
     * @return as {@link DocumentCodec#decode}
     */
    public static <T> T decode(DocumentCodec<T> codec, byte[] json) {
        try {
            return codec.decode(json);
        } catch (StackOverflowError e) {
            throw new InvalidDocumentException("the codec cannot decode it: it is nested too deeply", null, e);
        } catch (LinkageError | VirtualMachineError e) {
            throw failure(e);
        }
    }

    /**
     * An error of the JVM as one of ours, which Reactor signals.
     *
     * @param error a {@link LinkageError} or {@link VirtualMachineError}
     * @return what an operator has to do about it, with the error as its cause
     */
    public static ConfigurationException failure(Error error) {
        if (!(error instanceof LinkageError)) {
            return new ConfigurationException("The JVM reported an error: " + error, null, error);
        }
        String message = ForeignLibrary.namedIn(error.getMessage(), LIBRARIES)
                .map(library -> "The classes of " + library.label() + " are incompatible: " + error + "; found "
                        + library.found() + ", this release is tested with version " + library.tested())
                .orElseGet(() -> "The classes on the class path are incompatible: " + error);
        return new ConfigurationException(message, null, error);
    }

    /** Catches what subscribing throws, and what taking the value throws on a thread of the source's. */
    private static final class Guarded<T> extends MonoOperator<T, T> {

        Guarded(Mono<T> source) {
            super(source);
        }

        @Override
        public void subscribe(CoreSubscriber<? super T> subscriber) {
            Receiver<T> receiver = new Receiver<>(subscriber);
            try {
                source.subscribe(receiver);
            } catch (LinkageError | VirtualMachineError e) {
                receiver.fail(failure(e));
            }
        }
    }

    /** Passes all signals on, and records the progress of the source. */
    private static final class Receiver<T> implements CoreSubscriber<T> {

        private final CoreSubscriber<? super T> subscriber;
        private volatile @Nullable Subscription subscription;
        private volatile boolean ended;

        Receiver(CoreSubscriber<? super T> subscriber) {
            this.subscriber = subscriber;
        }

        void fail(Throwable error) {
            Subscription begun = subscription;
            if (ended) {
                Operators.onErrorDropped(error, currentContext());
            } else if (begun == null) {
                Operators.error(subscriber, error);
            } else {
                begun.cancel();
                onError(error);
            }
        }

        @Override
        public Context currentContext() {
            return subscriber.currentContext();
        }

        @Override
        public void onSubscribe(Subscription begun) {
            subscription = begun;
            subscriber.onSubscribe(begun);
        }

        @Override
        public void onNext(T value) {
            try {
                subscriber.onNext(value);
            } catch (LinkageError | VirtualMachineError e) {
                fail(failure(e));
            }
        }

        @Override
        public void onError(Throwable error) {
            ended = true;
            subscriber.onError(error);
        }

        @Override
        public void onComplete() {
            ended = true;
            subscriber.onComplete();
        }
    }
}
