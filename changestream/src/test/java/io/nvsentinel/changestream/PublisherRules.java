// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.Comparator;
import java.util.Set;
import java.util.function.LongFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.reactivestreams.tck.flow.support.Function;
import org.testng.SkipException;
import org.testng.annotations.Test;

/** The rules of Reactive Streams for one kind of publisher, each as a test of JUnit. */
final class PublisherRules extends PublisherVerification<Object> {

    /** A signal that is expected ends its wait; the server may be busy. */
    private static final long SIGNAL_MILLIS = 30_000;
    /** Each wait for something that must not arrive takes this long. */
    private static final long SILENCE_MILLIS = 20;

    /** The rule about references to subscribers waits twice so long, and is tried again with the other one. */
    private static final long REFERENCE_MILLIS = 100;

    private static final long LONG_REFERENCE_MILLIS = 5_000;
    private static final String REFERENCES =
            "required_spec313_cancelMustMakeThePublisherEventuallyDropAllReferencesToTheSubscriber";

    private static final int STOCHASTIC_RUNS = 10;

    /** Publishers without an element, or without a completion, cannot show every rule. */
    private static final Set<Long> MAY_SKIP = Set.of(0L, Long.MAX_VALUE);

    private final long maxElements;
    private final LongFunction<? extends Publisher<?>> publisher;
    private final Publisher<?> failed;

    /**
     * @param maxElements 0, or {@link Integer#MAX_VALUE}, or {@link Long#MAX_VALUE} if the publisher does not complete
     * @param publisher a publisher of that many elements
     * @param failed a publisher that fails
     */
    PublisherRules(long maxElements, LongFunction<? extends Publisher<?>> publisher, Publisher<?> failed) {
        this(maxElements, publisher, failed, REFERENCE_MILLIS);
    }

    private PublisherRules(
            long maxElements,
            LongFunction<? extends Publisher<?>> publisher,
            Publisher<?> failed,
            long referenceMillis) {
        super(new TestEnvironment(SIGNAL_MILLIS, SILENCE_MILLIS, SILENCE_MILLIS), referenceMillis);
        this.maxElements = maxElements;
        this.publisher = publisher;
        this.failed = failed;
    }

    Stream<DynamicTest> tests() {
        return rules().map(method -> DynamicTest.dynamicTest(method.getName(), () -> runAgainIfTooShort(method)));
    }

    /** Without what the kit names but cannot test. */
    static Stream<Method> rules() {
        return Stream.of(PublisherVerification.class.getMethods())
                .filter(method -> method.isAnnotationPresent(Test.class)
                        && !method.getName().startsWith("untested"))
                .sorted(Comparator.comparing(Method::getName));
    }

    private void runAgainIfTooShort(Method method) throws Throwable {
        try {
            run(method);
        } catch (AssertionError failure) {
            if (!method.getName().equals(REFERENCES)) {
                throw failure;
            }
            new PublisherRules(maxElements, publisher, failed, LONG_REFERENCE_MILLIS).run(method);
        }
    }

    void run(Method method) throws Throwable {
        setUp();
        try {
            method.invoke(this);
        } catch (InvocationTargetException thrown) {
            if (thrown.getCause() instanceof SkipException skipped) {
                if (method.getName().startsWith("required") && !MAY_SKIP.contains(maxElements)) {
                    throw new AssertionError("A required rule was not tested", skipped);
                }
                Assumptions.abort(skipped.getMessage());
            }
            throw thrown.getCause();
        }
    }

    @Override
    public void stochasticTest(int runs, Function<Integer, Void> body) throws Throwable {
        super.stochasticTest(STOCHASTIC_RUNS, body);
    }

    @Override
    @SuppressWarnings("unchecked")
    public Publisher<Object> createPublisher(long elements) {
        return (Publisher<Object>) publisher.apply(elements);
    }

    @Override
    @SuppressWarnings("unchecked")
    public Publisher<Object> createFailedPublisher() {
        return (Publisher<Object>) failed;
    }

    @Override
    public long maxElementsFromPublisher() {
        return maxElements;
    }
}
