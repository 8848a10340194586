// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.spring;

import io.nvsentinel.changestream.ChangeEvent;
import io.nvsentinel.changestream.ChangeStreams;
import io.nvsentinel.changestream.WatchOptions;
import io.nvsentinel.changestream.processing.OnFailure;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.metrics.DatastoreMetrics;
import io.nvsentinel.datastore.model.HealthEventDocument;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;
import org.springframework.stereotype.Component;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Mono;
import reactor.util.retry.Retry;

/**
 * Background tasks: the handler of changes and the sampling of metrics. When Spring stops, running handlers complete,
 * positions are stored, and then the datastore is closed.
 */
@Component
public class Background implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(Background.class);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(20);

    private final Datastore datastore;
    private final ChangeStreams streams;
    private final DatastoreMetrics metrics;
    private Disposable.Composite running = Disposables.composite();
    private volatile boolean started;

    /**
     * Does nothing before it is started.
     *
     * @param datastore the datastore
     * @param streams its streams
     * @param metrics its metrics
     */
    public Background(Datastore datastore, ChangeStreams streams, DatastoreMetrics metrics) {
        this.datastore = datastore;
        this.streams = streams;
        this.metrics = metrics;
    }

    @Override
    public void start() {
        running = Disposables.composite();
        running.add(metrics.keepSampling().subscribe());
        WatchOptions watch = WatchOptions.builder().clientName("spring-example").build();
        ProcessorOptions processing =
                ProcessorOptions.builder().onFailure(OnFailure.DEAD_LETTER).build();
        running.add(streams.process(datastore.healthEvents(), watch, processing, this::handle)
                // Lost connections are waited out inside; what ends a processor is worth a line, and another start.
                .doOnError(error -> LOG.error("Handling of changes failed; trying again", error))
                .retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1)).maxBackoff(Duration.ofMinutes(1)))
                .subscribe());
        started = true;
    }

    /** What an application is for; this one reports. */
    private Mono<Void> handle(ChangeEvent<HealthEventDocument> change) {
        return Mono.fromRunnable(() -> LOG.info("{} of health event {}", change.operation(), change.recordId()));
    }

    @Override
    public void stop() {
        started = false;
        streams.close().then(datastore.close()).block(CLOSE_WITHIN);
        running.dispose();
    }

    @Override
    public boolean isRunning() {
        return started;
    }
}
