// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.time.ZoneId;
import java.util.Locale;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The tests tagged so run twice, the second time in surroundings that are other ones indeed. */
@Tag("surroundings")
@EnabledIfSystemProperty(named = "surroundings", matches = "other")
class SurroundingsTest {

    @Test
    void areOtherOnes() {
        assertThat("%d".formatted(2000)).isEqualTo("٢٠٠٠");
        assertThat(ZoneId.systemDefault()).isEqualTo(ZoneId.of("Asia/Calcutta"));
        assertThat(Locale.getDefault()).isEqualTo(new Locale("ar", "EG"));
        assertThat(Charset.defaultCharset()).isEqualTo(java.nio.charset.StandardCharsets.ISO_8859_1);
        assertThat(System.getenv("HOME")).isNull();
        assertThat(System.getenv("HOSTNAME")).contains("\"7\"");
        assertThat(Flyway.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString())
                .contains("flyway-core-11.");
    }
}
