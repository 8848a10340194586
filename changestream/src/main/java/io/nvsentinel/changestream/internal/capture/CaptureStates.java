// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.capture;

import io.nvsentinel.changestream.ChangeStreamListener;
import io.nvsentinel.changestream.Images;
import io.nvsentinel.datastore.internal.Printable;
import io.nvsentinel.datastore.internal.connection.Session;
import io.nvsentinel.datastore.internal.table.Rows;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/** What is captured of each collection: which images, and whether its triggers are disabled. */
public final class CaptureStates {

    private static final Logger LOG = LoggerFactory.getLogger("io.nvsentinel.changestream.capture");
    private static final Duration INTERVAL = Duration.ofSeconds(10);

    /** Triggers that are not ALWAYS enabled do not fire for what replication applies. */
    private static final String DISABLED = """
            SELECT class.relname
            FROM pg_class AS class JOIN pg_trigger ON pg_trigger.tgrelid = class.oid
            WHERE class.relnamespace = '{schema}'::regnamespace
                AND tgname IN ('nvsentinel_capture', 'nvsentinel_capture_truncate') AND tgenabled <> 'A'
            GROUP BY class.relname ORDER BY class.relname""";

    private static final String SET_IMAGES = """
            SELECT {schema}.nvsentinel_set_images(
                CAST('{schema}.' || quote_ident($1) AS regclass), CAST($2 AS text))::text""";

    private final Session session;

    /**
     * Reads nothing yet.
     *
     * @param session where statements run
     */
    public CaptureStates(Session session) {
        this.session = session;
    }

    /**
     * Reads which collections are not captured.
     *
     * @return cold; emits their names, in order
     */
    public Mono<List<String>> disabled() {
        return session.read(
                "Check that changes are captured",
                connection -> Rows.all(
                        connection.createStatement(DISABLED), row -> Objects.requireNonNull(row.get(0, String.class))));
    }

    /**
     * Sets which documents the changelog keeps.
     *
     * @param collection its name
     * @param images the images to keep
     * @return cold; completes when it is changed
     */
    public Mono<Void> keepImages(String collection, Images images) {
        return session.write(
                        "Choose the images of " + collection,
                        connection -> Rows.one(
                                connection
                                        .createStatement(SET_IMAGES)
                                        .bind(0, collection)
                                        .bind(1, images.name().toLowerCase(Locale.ROOT)),
                                row -> true))
                .then();
    }

    /**
     * Checks immediately and then every ten seconds, and reports changes. A failed check is skipped.
     *
     * @param listener is notified
     * @param timer schedules the checks
     * @return cold; never completes
     */
    public Flux<Void> reporting(ChangeStreamListener listener, Scheduler timer) {
        Mono<List<String>> check = disabled().onErrorComplete();
        return check.concatWith(Mono.delay(INTERVAL, timer).then(check).repeat())
                .startWith(List.<String>of())
                .distinctUntilChanged()
                .skip(1)
                .doOnNext(disabled -> report(disabled, listener))
                .thenMany(Flux.empty());
    }

    private static void report(List<String> disabled, ChangeStreamListener listener) {
        if (disabled.isEmpty()) {
            LOG.info("Capture is enabled again for all collections");
        } else {
            LOG.warn(
                    "Capture is disabled: collections={}. Change streams do not receive their changes. Enable it with"
                            + " ALTER TABLE ... ENABLE ALWAYS TRIGGER nvsentinel_capture, and likewise"
                            + " nvsentinel_capture_truncate",
                    Printable.line(disabled.toString()));
        }
        listener.onCaptureDisabled(disabled);
    }
}
