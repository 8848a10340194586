// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static io.nvsentinel.changestream.TestStreams.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.testserver.Await;
import io.nvsentinel.testserver.PostgresDatabase;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.Disposable;

/** The tests tagged so run twice, the second time in surroundings that are other ones indeed. */
@Tag("surroundings")
@EnabledIfSystemProperty(named = "surroundings", matches = "other")
class SurroundingsTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    @Test
    void areOtherOnes() {
        assertThat("%d".formatted(2000)).isEqualTo("٢٠٠٠");
        assertThat(ZoneId.systemDefault()).isEqualTo(ZoneId.of("Asia/Calcutta"));
        assertThat(Locale.getDefault()).isEqualTo(new Locale("ar", "EG"));
        assertThat(Charset.defaultCharset()).isEqualTo(StandardCharsets.ISO_8859_1);
        assertThat(System.getenv("HOME")).isNull();
    }

    @Test
    void theOwnerOfAClientNameIsCalledByTheOddHostName() {
        assertThat(System.getenv("HOSTNAME")).contains("\"7\"");
        Datastore datastore = Databases.connect(DATABASE.get());
        ChangeStreams streams = ChangeStreams.of(datastore);
        Disposable watch = streams.watch(
                        datastore.healthEvents(),
                        WatchOptions.builder().clientName("drainer").build())
                .subscribe();
        try {
            Await.until(
                    "the client is owned",
                    SOON,
                    () -> streams.clients().find("drainer").block(SOON) != null);
            assertThat(streams.clients().find("drainer").block(SOON).owner())
                    .endsWith(" on " + System.getenv("HOSTNAME"));
        } finally {
            watch.dispose();
            streams.close().block(SOON);
            datastore.close().block(SOON);
        }
    }
}
