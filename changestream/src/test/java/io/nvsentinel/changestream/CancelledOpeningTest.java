// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.changestream.processing.GroupOptions;
import io.nvsentinel.changestream.processing.ProcessorOptions;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.CancelEverywhere;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/** A cancellation during opening, at any signal, leaves no name owned and no watch open. */
@Tag("slow")
@Timeout(value = 5, unit = TimeUnit.MINUTES) // each test opens about 1,400 times
class CancelledOpeningTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(20);

    @RegisterExtension
    final TestStreams streams = new TestStreams(DATABASE, ChangeStreamOptions.builder());

    @Test
    void ofAWatch() {
        cancelledEverywhere(options -> watching(options.startAt(StartAt.now())));
    }

    @Test
    void ofASnapshot() {
        cancelledEverywhere(options -> watching(options.startAt(StartAt.snapshot())));
    }

    @Test
    void ofAProcessor() {
        cancelledEverywhere(options -> processing(options, ProcessorOptions.defaults()));
    }

    @Test
    void ofAMemberOfAGroup() {
        ProcessorOptions sharing = ProcessorOptions.builder()
                .group(GroupOptions.builder(2).build())
                .build();
        cancelledEverywhere(options -> processing(options, sharing));
        Await.until(
                "no member is left",
                SOON,
                () -> DATABASE.queryForString("SELECT count(*) FROM group_members"),
                "0"::equals);
    }

    private Flux<?> watching(WatchOptions.Builder options) {
        return streams.get().watch(streams.datastore().healthEvents(), options.build());
    }

    private Mono<Void> processing(WatchOptions.Builder options, ProcessorOptions processing) {
        return streams.get()
                .process(streams.datastore().healthEvents(), options.build(), processing, change -> Mono.empty());
    }

    /** The first time the names are new, the second time they are known. */
    private void cancelledEverywhere(Function<WatchOptions.Builder, Publisher<?>> work) {
        DATABASE.execute("DELETE FROM resume_tokens");
        leavesNothingBehind(work);
        leavesNothingBehind(work);
    }

    private void leavesNothingBehind(Function<WatchOptions.Builder, Publisher<?>> work) {
        int places = new CancelEverywhere(SOON)
                .run(
                        run -> {
                            Sinks.Empty<Void> subscribed = Sinks.empty();
                            WatchOptions.Builder options = WatchOptions.builder()
                                    .clientName("client " + run)
                                    .onSubscribed(token -> subscribed.tryEmitEmpty());
                            return Mono.when(work.apply(options))
                                    .takeUntilOther(subscribed.asMono())
                                    .thenReturn("subscribed");
                        },
                        subscribed -> true);
        assertThat(places).isGreaterThan(100);
        Await.until("no client is owned", SOON, CancelledOpeningTest::owned, List::isEmpty);
        Await.until(
                "no watch is open",
                SOON,
                () -> streams.get().health().block(SOON).details().get("watches"),
                open -> open.equals(0));
    }

    private static List<String> owned() {
        return DATABASE.get().queryForStrings("SELECT client_name FROM resume_tokens WHERE leased_until IS NOT NULL");
    }
}
