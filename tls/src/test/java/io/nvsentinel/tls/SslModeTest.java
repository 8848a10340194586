// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("essential")
class SslModeTest {

    @ParameterizedTest
    @EnumSource
    void readsItsOwnSpelling(SslMode mode) {
        assertThat(SslMode.parse(mode.libpqName())).isEqualTo(mode);
        assertThat(SslMode.parse(" " + mode.name() + " ")).isEqualTo(mode);
    }

    @Test
    void refusesWhatItDoesNotKnowAndListsWhatItAccepts() {
        assertThatThrownBy(() -> SslMode.parse("allow"))
                .isInstanceOf(TlsException.class)
                .hasMessage("sslmode \"allow\" is not known;"
                        + " accepted are disable, prefer, require, verify-ca, verify-full")
                .extracting("reason")
                .isEqualTo(TlsException.Reason.INVALID_OPTION);
    }

    @ParameterizedTest
    @EnumSource
    void readsTlsVersions(TlsVersion version) {
        assertThat(TlsVersion.parse(version.toString())).isEqualTo(version);
        assertThatThrownBy(() -> TlsVersion.parse("TLSv1.1"))
                .isInstanceOf(TlsException.class)
                .hasMessageContaining("accepted are TLSv1.2, TLSv1.3");
    }
}
