// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.tls.SslMode;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A program that reads many events slowly, for a JVM with a small heap. Prints what it has read. */
public final class SmallHeap {

    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private SmallHeap() {}

    /**
     * Arguments: host, port, database, user, password, how many events, {@code changes} or {@code snapshot}, and a client
     * name or nothing.
     */
    public static void main(String... arguments) {
        Datastore datastore = Datastore.connect(DatastoreOptions.builder()
                        .host(arguments[0])
                        .port(Integer.parseInt(arguments[1]))
                        .database(arguments[2])
                        .username(arguments[3])
                        .password(arguments[4])
                        .sslMode(SslMode.DISABLE)
                        .schemaMode(SchemaMode.NONE)
                        .build())
                .block(PATIENCE);
        ChangeStreams streams = ChangeStreams.of(datastore);
        long total = Long.parseLong(arguments[5]);
        System.out.println(
                arguments[6].equals("snapshot")
                        ? "records " + records(datastore, streams, total)
                        : "last " + lastChange(datastore, streams, total, arguments.length > 7 ? arguments[7] : null));
        streams.close().block(PATIENCE);
        datastore.close().block(PATIENCE);
    }

    private static @Nullable Long records(Datastore datastore, ChangeStreams streams, long total) {
        return streams.watch(
                        datastore.healthEvents(),
                        WatchOptions.builder().startAt(StartAt.snapshot()).build())
                .limitRate(10)
                .concatMap(record -> Mono.just(record).delayElement(Duration.ofMillis(1)), 1)
                .take(total)
                .count()
                .block(PATIENCE);
    }

    private static @Nullable Long lastChange(
            Datastore datastore, ChangeStreams streams, long total, @Nullable String client) {
        WatchOptions.Builder options = WatchOptions.builder().startAt(StartAt.beginning());
        if (client != null) {
            options.clientName(client);
        }
        Flux<ChangeEvent<HealthEventDocument>> changes = streams.watch(datastore.healthEvents(), options.build());
        return changes.limitRate(100)
                .window(500)
                // Thinks after every few hundred changes, and asks for no more meanwhile.
                .concatMap(
                        some -> some.reduce(0L, SmallHeap::next)
                                .flatMap(id -> Mono.delay(Duration.ofMillis(2)).thenReturn(id)),
                        1)
                // Ends behind the handling: a watch that is cancelled before stores what was acknowledged until then.
                .takeUntil(id -> id >= total)
                .reduce((earlier, later) -> later > earlier ? later : -1)
                .block(PATIENCE);
    }

    private static long next(long earlier, ChangeEvent<HealthEventDocument> change) {
        long id = change.resumeToken().position().id();
        if (id <= earlier) {
            throw new IllegalStateException(id + " after " + earlier);
        }
        change.acknowledge();
        return id;
    }
}
