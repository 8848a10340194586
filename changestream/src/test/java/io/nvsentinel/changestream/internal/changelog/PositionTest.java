// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.changestream.internal.changelog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("essential")
class PositionTest {

    private static final UUID INCARNATION = UUID.fromString("9b0b1c52-8f5e-4d0f-9d43-2f3f5a1f2f10");
    private static final Position POSITION = Position.at(
            INCARNATION, Long.MAX_VALUE, ChangelogRows.row(Long.MAX_VALUE).check());

    @Test
    void textReadsBackAsTheSameToken() {
        Position read = Position.parse(POSITION.encode());

        assertThat(read).isEqualTo(POSITION).hasSameHashCodeAs(POSITION);
        assertThat(read.incarnation()).isEqualTo(INCARNATION);
        assertThat(read.id()).isEqualTo(Long.MAX_VALUE);
        assertThat(read.checkedRow()).isEqualTo(Long.MAX_VALUE);
        assertThat(read.digest())
                .isEqualTo(ChangelogRows.row(Long.MAX_VALUE).check().digest());
    }

    @Test
    void textIsShortAndNeedsNoEscaping() {
        assertThat(POSITION.encode()).matches("[A-Za-z0-9_-]{1,149}");
    }

    @Test
    void treeReadsBackAsTheSameToken() {
        assertThat(Position.fromTree(POSITION.toTree())).isEqualTo(POSITION);
        Position plain = Position.at(INCARNATION, 3, null);
        assertThat(Position.fromTree(plain.toTree())).isEqualTo(plain).isNotEqualTo(POSITION);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "1",
                "2~9b0b1c52-8f5e-4d0f-9d43-2f3f5a1f2f10~1~0~",
                "1~no-uuid~1~0~",
                "1~9b0b1c52-8f5e-4d0f-9d43-2f3f5a1f2f10~one~0~",
                "1~9b0b1c52-8f5e-4d0f-9d43-2f3f5a1f2f10~1~0"
            })
    void refusesOtherText(String text) {
        String encoded = Base64.getUrlEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));

        assertThatThrownBy(() -> Position.parse(encoded))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("resume token");
    }

    @Test
    void refusesWhatIsNotEncoded() {
        assertThatThrownBy(() -> Position.parse("%%%"))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("Not a resume token");
    }

    @Test
    void refusesATreeOfAnotherVersion() {
        Map<String, Object> tree = new HashMap<>(POSITION.toTree());
        tree.put("version", 2);

        assertThatThrownBy(() -> Position.fromTree(tree))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("version 1");
    }

    @Test
    void theDigestTellsTransactionsAndTimesApart() {
        RowCheck row = ChangelogRows.row(5).check();

        assertThat(new RowCheck(5, 6, row.changedAt()).digest()).isNotEqualTo(row.digest());
        assertThat(new RowCheck(5, 5, row.changedAt().plusNanos(1000)).digest()).isNotEqualTo(row.digest());
        assertThat(new RowCheck(5, 5, row.changedAt()).digest()).isEqualTo(row.digest());
    }
}
