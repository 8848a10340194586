// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.connection;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.error.ErrorContext;
import io.nvsentinel.datastore.error.UnavailableException;
import io.nvsentinel.datastore.internal.connection.StandbyHost.NotUsed;
import io.nvsentinel.datastore.internal.error.SqlErrors;
import io.nvsentinel.datastore.query.ReadPreference;
import io.nvsentinel.datastore.query.ReadPreference.Mode;
import io.r2dbc.spi.Connection;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** The hosts to read from, of which each read begins with the next. Thread-safe. */
final class Standbys {

    private final List<StandbyHost> hosts;
    private final AtomicInteger turn = new AtomicInteger();

    private Standbys(List<StandbyHost> hosts) {
        this.hosts = hosts;
    }

    /**
     * The hosts that the options name.
     *
     * @param options how to connect
     * @param host makes the host of its own options, of which it is the only server; connects to nothing yet
     */
    static Standbys of(DatastoreOptions options, Function<DatastoreOptions, StandbyHost> host) {
        String hosts = options.readHosts();
        return new Standbys(
                hosts == null
                        ? List.of()
                        : Arrays.stream(hosts.split(","))
                                .map(name -> host.apply(
                                        options.toBuilder().host(name.strip()).build()))
                                .toList());
    }

    boolean isEmpty() {
        return hosts.isEmpty();
    }

    /**
     * One read.
     *
     * @param action the operation, for error messages
     * @param preference which server may answer
     * @param work uses the connection
     */
    record Read<T>(String action, ReadPreference preference, Function<Connection, Mono<T>> work) {

        private boolean mayGoToThePrimary() {
            return preference.mode() == Mode.PREFER_STANDBY;
        }

        private Mono<T> on(StandbyHost host) {
            return host.read(action, preference, work);
        }

        private UnavailableException failed(NotUsed last) {
            return new UnavailableException(
                    new ErrorContext(action, null), "no standby can be used: " + last.getMessage(), last.getCause());
        }
    }

    /**
     * Reads as a preference says.
     *
     * @param primary the same read on the primary
     * @return cold; fails with {@link UnavailableException} if no standby can be used and the primary must not answer
     */
    <T> Mono<T> read(Read<T> read, Mono<T> primary) {
        Mono<T> standby = Mono.defer(() -> first(inTurn(read).iterator(), read, NotUsed.resting()));
        return read.mayGoToThePrimary()
                ? standby.onErrorResume(Standbys::mayPassOnPrimary, error -> primary)
                : standby.onErrorMap(NotUsed.class, read::failed);
    }

    private static boolean mayPassOnPrimary(Throwable error) {
        return error instanceof NotUsed || SqlErrors.mayPassOnPrimary(error);
    }

    private static <T> Mono<T> first(Iterator<StandbyHost> rest, Read<T> read, NotUsed last) {
        while (rest.hasNext()) {
            StandbyHost host = rest.next();
            if (!read.mayGoToThePrimary() || host.mayBeTried()) {
                return read.on(host).onErrorResume(NotUsed.class, error -> first(rest, read, error));
            }
        }
        return Mono.error(last);
    }

    /** Another one first each time; if the primary must not answer, those that have failed are the last resort. */
    private List<StandbyHost> inTurn(Read<?> read) {
        List<StandbyHost> order = new ArrayList<>(hosts);
        Collections.rotate(order, -Math.floorMod(turn.getAndIncrement(), hosts.size()));
        if (!read.mayGoToThePrimary()) {
            order.sort(Comparator.comparing(StandbyHost::hasFailed));
        }
        return order;
    }

    /** What is known of each host: {@code ready}, or why it was not used last. */
    Map<String, String> states() {
        Map<String, String> states = new LinkedHashMap<>();
        for (StandbyHost host : hosts) {
            String problem = host.problem();
            states.put(host.name(), problem == null ? "ready" : problem);
        }
        return states;
    }

    Mono<Void> close() {
        return Flux.fromIterable(hosts).flatMap(StandbyHost::close).then();
    }
}
