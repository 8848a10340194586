// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.Lags;
import io.nvsentinel.changestream.internal.changelog.Outages;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** Reports every five seconds how far the clients of this process are behind, with one statement for all of them. */
final class LagReports {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.watch");
    private static final Duration INTERVAL = Duration.ofSeconds(5);

    private final Lags lags;
    private final ChangeStreamListener listener;
    private final boolean isHeard;
    private final Set<Owned> owned = ConcurrentHashMap.newKeySet();
    private final Flux<Void> reports;

    /**
     * Nothing is read yet.
     *
     * @param lags reads the lags
     * @param listener receives the reports
     * @param isHeard whether a listener needs them; nothing is read otherwise
     * @param timer waits for time
     */
    LagReports(Lags lags, ChangeStreamListener listener, boolean isHeard, Scheduler timer) {
        this.lags = lags;
        this.listener = listener;
        this.isHeard = isHeard;
        this.reports = Mono.delay(INTERVAL, timer)
                .then(Mono.defer(this::report).onErrorResume(Outages::mayPass, LagReports::later))
                .repeat()
                .share();
    }

    /** Reports the lag of a client among others, for as long as it is subscribed to; ends only with an error. */
    Mono<Void> reported(Owned client) {
        return isHeard
                ? Mono.using(
                        () -> {
                            owned.add(client);
                            return client;
                        },
                        added -> reports.then(),
                        owned::remove)
                : Mono.never();
    }

    private Mono<Void> report() {
        return lags.read(names())
                .doOnNext(known -> {
                    // If the watch has ended meanwhile, the listener would not be notified of the end again.
                    List<String> still = names();
                    known.stream()
                            .filter(lag -> still.contains(lag.clientName()))
                            .forEach(listener::onLag);
                })
                .then();
    }

    private List<String> names() {
        return owned.stream().map(Owned::client).toList();
    }

    private static Mono<Void> later(Throwable error) {
        LOG.debug("The lag could not be read; trying again", error);
        return Mono.empty();
    }
}
