// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.error.InvalidRequestException;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("essential")
class ReadPreferenceTest {

    private static final ReadPosition POSITION = new ReadPosition(0x16_B374_D848L);

    @Test
    void hasDefaults() {
        assertThat(ReadPreference.PREFER_STANDBY.maxStaleness()).isEqualTo(Duration.ofSeconds(10));
        assertThat(ReadPreference.PREFER_STANDBY.after()).isNull();
        assertThat(ReadPreference.PREFER_STANDBY.after(POSITION).afterWithin()).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void keepsTheOtherPartsWhenOneIsSet() {
        ReadPreference preference =
                ReadPreference.STANDBY.maxStaleness(Duration.ofDays(1)).after(POSITION, Duration.ZERO);

        assertThat(preference)
                .isEqualTo(ReadPreference.STANDBY.after(POSITION, Duration.ZERO).maxStaleness(Duration.ofDays(1)))
                .hasSameHashCodeAs(
                        ReadPreference.STANDBY.after(POSITION, Duration.ZERO).maxStaleness(Duration.ofDays(1)))
                .isNotEqualTo(ReadPreference.STANDBY)
                .hasToString("ReadPreference[STANDBY, maxStaleness=PT24H, after=16/B374D848 within PT0S]");
        assertThat(preference.mode()).isEqualTo(ReadPreference.Mode.STANDBY);
    }

    @Test
    void rejectsBoundsOutOfRange() {
        ReadPreference preference = ReadPreference.PREFER_STANDBY;

        assertThat(preference.maxStaleness(Duration.ofMillis(10)).maxStaleness())
                .isEqualTo(Duration.ofMillis(10));
        assertThatThrownBy(() -> preference.maxStaleness(Duration.ofMillis(9)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("10 ms to 1 d");
        assertThatThrownBy(() -> preference.maxStaleness(Duration.ofDays(1).plusNanos(1)))
                .isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> preference.after(POSITION, Duration.ofNanos(-1)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("0 to 1 d");
        assertThatThrownBy(() -> preference.after(POSITION, Duration.ofDays(1).plusNanos(1)))
                .isInstanceOf(InvalidRequestException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0/0", "0/1", "16/B374D848", "FFFFFFF/FFFFFFFF"})
    void readsThePositionsThatItWrites(String text) {
        assertThat(ReadPosition.parse(text)).hasToString(text);
        assertThat(ReadPosition.parse(text.toLowerCase(java.util.Locale.ROOT))).isEqualTo(ReadPosition.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "/", "0/", "0/000000001", "0/G", "-1/0", "0/0 ", "80000000/0"})
    void rejectsOtherPositions(String text) {
        assertThatThrownBy(() -> ReadPosition.parse(text)).isInstanceOf(InvalidRequestException.class);
    }
}
