// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.springboot.autoconfigure;

import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.error.ConfigurationException;
import io.nvsentinel.datastore.springboot.ChangeHandler;
import io.nvsentinel.datastore.springboot.ChangeHandlerCustomizer;
import java.lang.reflect.Method;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.aop.framework.autoproxy.AutoProxyUtils;
import org.springframework.aop.scope.ScopedProxyUtils;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * Finds the methods with {@link ChangeHandler}, runs them, and closes the streams when Spring stops: before the web server waits
 * for the requests in flight, because a response that streams changes completes only then.
 */
final class ChangeHandlers implements SmartInitializingSingleton, SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.datastore.springboot");

    /** Above the web server's, DEFAULT_PHASE - 1024, so that it starts after that and stops before it. */
    private static final int PHASE = SmartLifecycle.DEFAULT_PHASE - 512;

    private final ConfigurableListableBeanFactory beans;
    private final Datastore datastore;
    private final ChangeStreams streams;
    private final Scheduler blocking;
    private final List<ChangeHandlerCustomizer> customizers;
    private final Map<String, Mono<Void>> handlers = new LinkedHashMap<>();
    private final Disposable.Composite running = Disposables.composite();
    private volatile boolean isRunning;

    ChangeHandlers(
            ConfigurableListableBeanFactory beans,
            Datastore datastore,
            ChangeStreams streams,
            Scheduler blocking,
            List<ChangeHandlerCustomizer> customizers) {
        this.beans = beans;
        this.datastore = datastore;
        this.streams = streams;
        this.blocking = blocking;
        this.customizers = customizers;
    }

    @Override
    public void afterSingletonsInstantiated() {
        for (String name : beans.getBeanDefinitionNames()) {
            Class<?> type = AutoProxyUtils.determineTargetClass(beans, name);
            if (type != null
                    && !ScopedProxyUtils.isScopedTarget(name)
                    && AnnotationUtils.isCandidateClass(type, ChangeHandler.class)) {
                Map<Method, ChangeHandler> methods = MethodIntrospector.selectMethods(type, ChangeHandlers::annotation);
                methods.forEach((method, handler) -> add(name, type, method, handler));
            }
        }
    }

    private static @Nullable ChangeHandler annotation(Method method) {
        return AnnotatedElementUtils.findMergedAnnotation(method, ChangeHandler.class);
    }

    private void add(String name, Class<?> type, Method method, ChangeHandler handler) {
        Object bean = beans.getBean(name);
        HandlerMethod called = new HandlerMethod(bean, AopUtils.selectInvocableMethod(method, bean.getClass()), type);
        String client = resolved(handler.client());
        if (handlers.containsKey(client)) {
            throw new InvalidChangeHandlerException(
                    method, "must have a client name of its own; \"" + client + "\" is the name of two handlers");
        }
        handlers.put(
                client,
                processing(
                                called.collection(datastore, resolved(handler.collection())),
                                options(method, client, handler),
                                called)
                        // The processor waits out lost connections; any other end is logged, and followed by another
                        // start.
                        .doOnError(error -> report(client, called, error))
                        .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1))
                                .maxBackoff(Duration.ofMinutes(1))
                                .filter(error -> isRunning)));
    }

    private String resolved(String value) {
        return String.valueOf(beans.resolveEmbeddedValue(value));
    }

    private HandlerOptions options(Method method, String client, ChangeHandler handler) {
        try {
            return HandlerOptions.of(client, handler, customizers);
        } catch (ConfigurationException e) {
            throw new InvalidChangeHandlerException(method, "has an invalid option: " + e.getMessage());
        }
    }

    private <T> Mono<Void> processing(DocumentCollection<T> collection, HandlerOptions options, HandlerMethod called) {
        return called.isTransactional()
                ? streams.processInTransaction(
                        collection,
                        options.watch(),
                        options.processing(),
                        (change, session) -> called.handle(blocking, change, session))
                : streams.process(
                        collection, options.watch(), options.processing(), change -> called.handle(blocking, change));
    }

    private void report(String client, HandlerMethod handler, Throwable error) {
        if (isRunning) {
            LOG.error(
                    "Handling of changes failed: client={} handler={}; it is started again in 1 s to 1 min",
                    client,
                    handler,
                    error);
        }
    }

    @Override
    public void start() {
        if (running.isDisposed()) {
            throw new IllegalStateException("The change streams were closed when the application context was stopped,"
                    + " and cannot be started again: create a new application context");
        }
        isRunning = true;
        handlers.values()
                .forEach(handling -> running.add(handling.onErrorComplete().subscribe()));
    }

    @Override
    public void stop() {
        close().block();
    }

    @Override
    public void stop(Runnable callback) {
        close().subscribe(
                        closed -> {},
                        error -> {
                            LOG.warn("Closing of the change streams failed", error);
                            callback.run();
                        },
                        callback);
    }

    /** Running handlers complete within their time-outs, and positions are stored. */
    private Mono<Void> close() {
        return Mono.defer(() -> {
            isRunning = false;
            return streams.close().doFinally(end -> running.dispose());
        });
    }

    @Override
    public boolean isRunning() {
        return isRunning;
    }

    /** A context of a test that is paused would be started again. */
    @Override
    public boolean isPauseable() {
        return false;
    }

    @Override
    public int getPhase() {
        return PHASE;
    }
}
