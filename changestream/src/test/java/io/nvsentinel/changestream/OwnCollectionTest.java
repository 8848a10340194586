// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.datastore.Datastore;
import io.nvsentinel.datastore.DocumentCollection;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.query.Update;
import io.nvsentinel.testserver.PostgresDatabase;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A collection that the application made is watched like the built-in ones. */
class OwnCollectionTest {

    @RegisterExtension
    static final PostgresDatabase DATABASE = PostgresDatabase.from(Databases.MIGRATED);

    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String NAME = "Racks of \"Hall 7\"; --";

    record Rack(String name, int slots) {}

    @Test
    void itsChangesArriveAsItsOwnClass() {
        Datastore datastore = Databases.connect(DATABASE.get());
        ChangeStreams streams = ChangeStreams.of(datastore);
        try {
            datastore.createCollection(NAME).block(SOON);
            DocumentCollection<Rack> racks =
                    datastore.collection(NAME, DocumentCodec.of(Rack.class, JsonCodec.jackson3()));
            UUID id = racks.insert(new Rack("r1", 7)).block(SOON);
            racks.updateById(id, Update.set("slots", 8)).block(SOON);

            WatchOptions options =
                    WatchOptions.builder().startAt(StartAt.beginning()).build();
            List<ChangeEvent<Rack>> changes =
                    streams.watch(racks, options).take(2).collectList().block(SOON);

            assertThat(changes).extracting(ChangeEvent::recordId).containsExactly(id, id);
            assertThat(changes).extracting(ChangeEvent::operation).containsExactly(Operation.INSERT, Operation.UPDATE);
            assertThat(changes).extracting(ChangeEvent::after).containsExactly(new Rack("r1", 7), new Rack("r1", 8));
            assertThat(changes.get(1).updatedFields()).containsOnlyKeys("slots");
        } finally {
            streams.close().then(datastore.close()).block(SOON);
        }
    }
}
