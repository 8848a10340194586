// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.SchemaMode;
import io.nvsentinel.datastore.model.HealthEventDocument;
import io.nvsentinel.tls.SslMode;
import java.time.Duration;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/** A program that reads many changes slowly, for a JVM with a small heap. Prints how many there were. */
public final class SmallHeap {

    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private SmallHeap() {}

    /** Arguments: host, port, database, user, password, how many changes, and a client name or nothing. */
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
        WatchOptions.Builder options = WatchOptions.builder().startAt(StartAt.beginning());
        if (arguments.length > 6) {
            options.clientName(arguments[6]);
        }
        Flux<ChangeEvent<HealthEventDocument>> changes = streams.watch(datastore.healthEvents(), options.build());
        long total = Long.parseLong(arguments[5]);
        long last = changes.limitRate(100)
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
        streams.close().block(PATIENCE);
        datastore.close().block(PATIENCE);
        System.out.println("last " + last);
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
