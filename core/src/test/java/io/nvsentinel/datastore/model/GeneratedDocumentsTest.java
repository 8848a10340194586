// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Round trips of generated documents. {@code -Dseed=N} repeats a run; a failure prints N. */
class GeneratedDocumentsTest {

    private static final int DOCUMENTS = 2_000;

    private final long seed = Long.getLong("seed", new Random().nextLong());
    private final JsonCodec jackson3 = JsonCodec.jackson3();
    private final JsonCodec jackson2 = JsonCodec.jackson2(new ObjectMapper());

    @Test
    void healthEventDocuments() {
        survive(HealthEventDocument::codec, GeneratedDocuments::healthEventDocument);
    }

    @Test
    void maintenanceEvents() {
        survive(MaintenanceEvent::codec, GeneratedDocuments::maintenanceEvent);
    }

    private <T> void survive(Function<JsonCodec, DocumentCodec<T>> codec, Function<GeneratedDocuments, T> generate) {
        DocumentCodec<T> three = codec.apply(jackson3);
        DocumentCodec<T> two = codec.apply(jackson2);
        GeneratedDocuments documents = new GeneratedDocuments(seed);
        for (int i = 0; i < DOCUMENTS; i++) {
            T document = generate.apply(documents);
            byte[] stored = three.encode(document);

            assertThat(three.decode(stored))
                    .as("-Dseed=%d, document %d", seed, i)
                    .isEqualTo(document);
            assertThat(two.decode(stored)).as("-Dseed=%d, document %d", seed, i).isEqualTo(document);
            assertThat(two.encode(document))
                    .as("-Dseed=%d, document %d", seed, i)
                    .isEqualTo(stored);
        }
    }
}
