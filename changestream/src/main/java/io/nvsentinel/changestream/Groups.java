// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.changestream.internal.client.ReleasableHandle;
import io.nvsentinel.changestream.internal.group.Group;
import io.nvsentinel.changestream.internal.group.Membership;
import io.nvsentinel.changestream.internal.group.Membership.Member;
import io.nvsentinel.changestream.internal.tail.RetryPolicy;
import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.datastore.internal.store.DefaultDatastore;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/** The members of groups that run here. */
final class Groups {

    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private final DefaultDatastore datastore;
    private final Opening opening;
    private final RetryPolicy patience;
    private final Scheduler timer;
    private final String owner;
    private final Set<ReleasableHandle> members = ConcurrentHashMap.newKeySet();

    Groups(DefaultDatastore datastore, Opening opening, RetryPolicy patience, Scheduler timer, String owner) {
        this.datastore = datastore;
        this.opening = opening;
        this.patience = patience;
        this.timer = timer;
        this.owner = owner;
    }

    /** One partition, as a request for its changes. */
    PartitionAssignment share(String client, int partition, ProcessorOptions processing, GroupOptions group) {
        return new PartitionAssignment(client, partition, group, new Keys(processing, datastore.json()));
    }

    /** One member, from its joining to its leaving. */
    Mono<Void> run(Watch.Request<?> request, GroupOptions options, Group.Work work, Mono<Void> stop) {
        return Mono.defer(() -> {
            String name = Objects.requireNonNull(request.options().clientName());
            ReleasableHandle holding = new ReleasableHandle();
            Membership membership = new Membership(
                    datastore.connections(),
                    datastore.json(),
                    new Member(name, UUID.randomUUID(), owner),
                    options,
                    holding,
                    timer);
            Group group = new Group(membership, options, work, patience, timer);
            return found(membership, request)
                    .takeUntilOther(stop)
                    .then(Mono.defer(() -> joined(holding, group.run(stop))));
        });
    }

    private Mono<Void> joined(ReleasableHandle holding, Mono<Void> work) {
        return Mono.usingWhen(
                Mono.fromSupplier(() -> {
                    members.add(holding);
                    return holding;
                }),
                member -> work,
                member -> member.end(null).doFinally(signal -> members.remove(member)));
    }

    private Mono<Void> found(Membership membership, Watch.Request<?> request) {
        OwnershipPolicy ownershipPolicy = request.options().ownershipPolicy();
        Mono<Void> attempt = patience.with(membership.found(
                Mono.defer(() -> opening.initial(request)), ownershipPolicy == OwnershipPolicy.TAKE_OVER));
        return ownershipPolicy == OwnershipPolicy.WAIT
                ? attempt.retryWhen(Retry.fixedDelay(Long.MAX_VALUE, LOOK_AGAIN)
                        .scheduler(timer)
                        .filter(ClientOwnedException.class::isInstance))
                : attempt;
    }

    /** Completes for each member when it has left. */
    Stream<Mono<Void>> ended() {
        return members.stream().map(ReleasableHandle::ended);
    }
}
