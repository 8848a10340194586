// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.changelog.ChangelogReader;
import io.nvsentinel.changestream.internal.changelog.HistoryPoint;
import io.nvsentinel.changestream.internal.changelog.Position;
import io.nvsentinel.changestream.internal.client.ReleasableHandle;
import io.nvsentinel.changestream.internal.client.ResumeTokens;
import io.nvsentinel.changestream.internal.client.ResumeTokens.Owned;
import io.nvsentinel.changestream.internal.tail.RetryPolicy;
import io.nvsentinel.changestream.internal.tail.Tail;
import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/**
 * Determines where a watch starts, and makes it the owner of its client name. Waits while the server is unavailable.
 */
final class Opening {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.watch");

    private final ChangelogReader reader;
    private final Tail tail;
    private final ResumeTokens tokens;
    private final RetryPolicy patience;

    Opening(ChangelogReader reader, Tail tail, ResumeTokens tokens, RetryPolicy patience) {
        this.reader = reader;
        this.tail = tail;
        this.tokens = tokens;
        this.patience = patience;
    }

    /** Where a watch starts, and the name it owns, if any. */
    record Opened(Position start, @Nullable Owned owned) {}

    /**
     * Opens a watch.
     *
     * @param request the collections and options
     * @param lost why the watch cannot continue at its position, so that it starts as the options specify for that
     *     case; null the first time
     * @param holding receives the ownership of the name
     */
    Mono<Opened> open(Watch.Request<?> request, @Nullable Throwable lost, ReleasableHandle holding) {
        return patience.with(lost == null ? first(request, holding) : afterLoss(request, holding));
    }

    private Mono<Opened> first(Watch.Request<?> request, ReleasableHandle holding) {
        Mono<Position> start = Mono.defer(() -> initial(request));
        String client = request.options().clientName();
        return client == null
                ? start.map(position -> new Opened(position, null))
                : request.tokens(tokens)
                        .open(client, request.options().ownershipPolicy(), made(request, start), holding)
                        .flatMap(owned -> orGiveUp(
                                owned, resumed(request, owned.token()).map(position -> new Opened(position, owned))));
    }

    /** Another attempt would find the name owned until its lease ends. */
    private <T> Mono<T> orGiveUp(Owned owned, Mono<T> rest) {
        return rest.onErrorResume(error -> tokens.giveUp(owned).then(Mono.error(error)));
    }

    private Mono<Opened> afterLoss(Watch.Request<?> request, ReleasableHandle holding) {
        String client = request.options().clientName();
        boolean anew = request.options().onHistoryLost() == OnHistoryLost.TAKE_SNAPSHOT;
        Mono<Position> restart =
                anew ? Mono.defer(() -> snapshot(request)) : reader.beginning().map(HistoryPoint::position);
        return client == null
                ? restart.map(position -> new Opened(position, null))
                : request.tokens(tokens)
                        .open(client, request.options().ownershipPolicy(), made(request, restart), holding)
                        .flatMap(owned -> orGiveUp(
                                owned,
                                anew
                                        ? restarted(owned, restart)
                                        : restored(request, owned, restarted(owned, restart))));
    }

    private Mono<Opened> restarted(Owned owned, Mono<Position> restart) {
        return restart.flatMap(position -> tokens.restart(owned, position).thenReturn(new Opened(position, owned)));
    }

    /** A restored database contains the client's position of that time; the client continues there if possible. */
    private Mono<Opened> restored(Watch.Request<?> request, Owned owned, Mono<Opened> otherwise) {
        return resumed(request, owned.token())
                .map(position -> new Opened(position, owned))
                .onErrorResume(Restarts::isHistoryGone, gone -> otherwise);
    }

    /** Where a new client name starts. The partitions of a group are created together, never one by one. */
    private static Mono<Position> made(Watch.Request<?> request, Mono<Position> start) {
        return request.share() == null
                ? start
                : Mono.error(() -> new ClientFencedException(
                        "The change stream client \"" + request.options().clientName() + "\" was deleted"));
    }

    /** Where all partitions of a group start that is not known yet. */
    Mono<Position> initial(Watch.Request<?> request) {
        StartAt start = request.options().startAt();
        if (start.isSnapshot()) {
            return snapshot(request);
        }
        ResumeToken token = start.token();
        return token == null ? start(start) : resumed(request, token.position());
    }

    /** The position of a start. */
    Mono<Position> start(StartAt start) {
        ResumeToken token = start.token();
        Instant time = start.time();
        if (token != null) {
            return reader.verified(token.position()).map(HistoryPoint::position);
        }
        if (time != null) {
            return tail.now().flatMap(end -> reader.at(time, end.id())).map(HistoryPoint::position);
        }
        if (start.isSnapshot()) {
            return Mono.error(new InvalidRequestException("Only a watch can start with a snapshot"));
        }
        return start.isNow() ? now() : reader.beginning().map(HistoryPoint::position);
    }

    private Mono<Position> now() {
        return tail.now().map(HistoryPoint::position);
    }

    private Mono<Position> snapshot(Watch.Request<?> request) {
        return request.selection().collections().isEmpty()
                ? Mono.error(new InvalidRequestException("A snapshot requires a watch of named collections"))
                : now().map(Position::withinSnapshot);
    }

    private Mono<Position> resumed(Watch.Request<?> request, Position token) {
        if (token.isWithinSnapshot()) {
            return snapshot(request);
        }
        String filter = request.selection().fingerprint();
        if (!token.filter().isEmpty() && !token.filter().equals(filter)) {
            LOG.info(
                    "{} continues after position {} with a different filter or different collections",
                    request.options().clientName() == null
                            ? "A watch"
                            : request.options().clientName(),
                    token.id());
        }
        return reader.verified(token).map(HistoryPoint::position);
    }
}
