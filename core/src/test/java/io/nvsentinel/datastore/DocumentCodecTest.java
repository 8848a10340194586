// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.nvsentinel.datastore.codec.DocumentCodec;
import io.nvsentinel.datastore.codec.JsonCodec;
import io.nvsentinel.datastore.error.InvalidDocumentException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("essential")
class DocumentCodecTest {

    record Ticket(String title, List<String> labels) {}

    @Test
    void mapsAClassByTheMapper() {
        DocumentCodec<Ticket> codec = DocumentCodec.of(Ticket.class, JsonCodec.jackson3());
        Ticket ticket = new Ticket("t", List.of("a", "b"));

        assertThat(new String(codec.encode(ticket), UTF_8)).isEqualTo("{\"title\":\"t\",\"labels\":[\"a\",\"b\"]}");
        assertThat(codec.decode(codec.encode(ticket))).isEqualTo(ticket);
        assertThatExceptionOfType(InvalidDocumentException.class).isThrownBy(() -> codec.decode("[]".getBytes(UTF_8)));
    }

    @Test
    void mapsPlainTreesWithTheIdentity() {
        DocumentCodec<Map<String, Object>> codec =
                DocumentCodec.ofTree(JsonCodec.jackson3(), Function.identity(), Function.identity());
        Map<String, Object> tree = Map.of("a", List.of(1, 2));

        assertThat(codec.decode(codec.encode(tree))).isEqualTo(tree);
    }
}
