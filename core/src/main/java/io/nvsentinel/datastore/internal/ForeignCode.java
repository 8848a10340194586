// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

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
        return guarded(code, ForeignCode::failure);
    }

    /**
     * Calls code that gives a publisher, and subscribes to that.
     *
     * @param code the code
     * @param translation what stands for an error of the JVM
     * @param <T> the value
     * @return cold; fails with what the code throws, and in place of an error of the JVM with its translation, if either the code,
     *     its publisher or what comes behind throws one
     */
    public static <T> Mono<T> guarded(
            Supplier<? extends Publisher<T>> code, Function<Error, ? extends Exception> translation) {
        return new GuardedMono<>(code, translation);
    }

    /**
     * Ends a stream whose subscriber, or an operator behind it, throws an error of the JVM: Reactor throws it up to here, and the
     * subscriber would wait without limit for the next value.
     *
     * @param source the stream
     * @param translation what stands for an error of the JVM
     * @param <T> the values
     * @return cold; as {@link #guarded(Supplier, Function)}
     */
    public static <T> Flux<T> guarded(Flux<T> source, Function<Error, ? extends Exception> translation) {
        return new GuardedFlux<>(source, translation);
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

    private static final class GuardedMono<T> extends Mono<T> {

        private final Supplier<? extends Publisher<T>> source;
        private final Function<Error, ? extends Exception> translation;

        GuardedMono(Supplier<? extends Publisher<T>> source, Function<Error, ? extends Exception> translation) {
            this.source = source;
            this.translation = translation;
        }

        @Override
        public void subscribe(CoreSubscriber<? super T> actual) {
            Guard<T> guard = new Guard<>(actual, translation);
            guard.run(() -> source.get().subscribe(guard));
        }
    }

    private static final class GuardedFlux<T> extends Flux<T> {

        private final Publisher<T> source;
        private final Function<Error, ? extends Exception> translation;

        GuardedFlux(Publisher<T> source, Function<Error, ? extends Exception> translation) {
            this.source = source;
            this.translation = translation;
        }

        @Override
        public void subscribe(CoreSubscriber<? super T> actual) {
            Guard<T> guard = new Guard<>(actual, translation);
            guard.run(() -> source.subscribe(guard));
        }
    }
}
