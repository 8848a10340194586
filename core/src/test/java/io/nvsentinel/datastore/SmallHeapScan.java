// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import io.nvsentinel.datastore.query.Filter;
import io.nvsentinel.tls.SslMode;
import java.time.Duration;
import reactor.core.publisher.Mono;

/** The program of {@link SmallHeapScanTest}: reads every health event, slowly, and prints how many there were. */
final class SmallHeapScan {

    private static final int PAUSE_EVERY = 2_000;
    private static final Duration PAUSE = Duration.ofMillis(10);

    private SmallHeapScan() {}

    /**
     * Scans.
     *
     * @param arguments host, port, database, user and password
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
                .block();
        Long read = datastore
                .healthEvents()
                .find(Filter.all())
                .buffer(PAUSE_EVERY)
                .concatMap(some -> Mono.delay(PAUSE).thenReturn((long) some.size()), 1)
                .reduce(0L, Long::sum)
                .block();
        datastore.close().block();
        System.out.println("read " + read);
    }
}
