// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import io.nvsentinel.tls.TlsStatus.Failure;
import java.time.Clock;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;

/**
 * The material in use, followed as its files change.
 *
 * <p>The files are compared by content, not by time stamps or events: a mounted secret is swapped through a symbolic link, a
 * {@code subPath} mount never is, and people overwrite files in place. Content covers them all. New material counts once it is
 * verified; until then, and if it never is, the old stays in use.
 */
final class MaterialSource implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(TlsContext.class);

    private final TlsOptions options;
    private final Clock clock;
    private final Scheduler scheduler;
    private final Disposable.Swap nextComparison = Disposables.swap();
    private final Sinks.Many<TlsStatus> statuses = Sinks.many().replay().latest();

    private volatile State state;

    /** What changes together. */
    private record State(
            TlsMaterial material, long generation, long failures, Optional<Failure> failure, List<String> expired) {

        TlsStatus status(SslMode mode, Instant now) {
            return new TlsStatus(mode, generation, material.loadedAt(), material.certificates(now), failures, failure);
        }

        State replacedBy(TlsMaterial fresh, Instant now) {
            return new State(fresh, generation + 1, failures, Optional.empty(), fresh.expired(now));
        }

        State failing(Failure newest) {
            return new State(material, generation, failures + 1, Optional.of(newest), expired);
        }

        State recovered() {
            return new State(material, generation, failures, Optional.empty(), expired);
        }

        State withExpired(List<String> subjects) {
            return new State(material, generation, failures, failure, subjects);
        }
    }

    /** Reads the files for the first time; fails if they cannot be used. */
    MaterialSource(TlsOptions options, Clock clock, Scheduler scheduler) {
        this.options = options;
        this.clock = clock;
        this.scheduler = scheduler;
        TlsMaterial first = TlsMaterial.of(FileSet.read(options), options, clock);
        this.state = new State(first, options.hasFiles() ? 1 : 0, 0, Optional.empty(), first.expired(clock.instant()));
        LOG.info("TLS configured: sslmode={}, {}", options.mode().libpqName(), first.describe());
        become(state);
        scheduleComparison();
    }

    TlsMaterial current() {
        return state.material();
    }

    long generation() {
        return state.generation();
    }

    TlsStatus status() {
        return state.status(options.mode(), clock.instant());
    }

    Flux<TlsStatus> statuses() {
        // A subscriber that does not keep up sees the latest status, and no queue grows.
        return statuses.asFlux().onBackpressureLatest();
    }

    @Override
    public void close() {
        nextComparison.dispose();
        synchronized (this) {
            statuses.tryEmitComplete();
        }
    }

    private void scheduleComparison() {
        if (options.hasFiles() && !options.reloadInterval().isZero() && !nextComparison.isDisposed()) {
            long millis = options.reloadInterval().toMillis();
            // Not update(), which cancels what it replaces: that may be the next comparison already, scheduled by this
            // one,
            // if this thread was held up.
            nextComparison.replace(scheduler.schedule(this::compare, millis, TimeUnit.MILLISECONDS));
        }
    }

    private void compare() {
        if (nextComparison.isDisposed()) {
            return;
        }
        try {
            follow();
        } catch (TlsException e) {
            keepOld(e);
        } catch (RuntimeException e) {
            // Nothing is known to end here; but a comparison that ends the comparing would be noticed at expiry only.
            LOG.error("Certificate files could not be compared; the active certificates remain in use", e);
        } finally {
            scheduleComparison();
        }
    }

    private void follow() {
        State old = state;
        FileSet files = FileSet.read(options);
        if (!Arrays.equals(files.digest(), old.material().digest())) {
            TlsMaterial fresh = TlsMaterial.of(files, options, clock);
            LOG.info("Certificate files changed; new connections use them: {}", fresh.describe());
            become(old.replacedBy(fresh, clock.instant()));
        } else if (old.failure().isPresent()) {
            LOG.info("Certificate files match the active certificates again");
            become(old.recovered());
        } else {
            noticeExpiry();
        }
    }

    private void keepOld(TlsException e) {
        State old = state;
        boolean known = old.failure()
                .filter(failure -> failure.message().equals(e.getMessage()))
                .isPresent();
        if (known) {
            noticeExpiry();
            return;
        }
        LOG.warn(
                "Certificate files changed but are not usable; the active certificates remain in " + "use: {}",
                e.getMessage());
        become(old.failing(new Failure(clock.instant(), e.reason(), String.valueOf(e.getMessage()))));
    }

    private void noticeExpiry() {
        State old = state;
        List<String> expired = old.material().expired(clock.instant());
        if (!expired.equals(old.expired())) {
            LOG.warn("Active certificates have expired: {}. Replace the certificate files", expired);
            become(old.withExpired(expired));
        }
    }

    private void become(State next) {
        state = next;
        synchronized (this) {
            // After close() the sink rejects signals, and there are no subscribers.
            statuses.tryEmitNext(next.status(options.mode(), clock.instant()));
        }
    }
}
