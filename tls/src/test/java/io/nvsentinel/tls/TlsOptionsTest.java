// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("essential")
class TlsOptionsTest {

    private static final Path FILE = Path.of("some.pem");

    @Test
    void verifiesFullyWhenThereIsARootCertificateAndNoModeIsSet() {
        assertThat(TlsOptions.builder().rootCertificate(FILE).build().mode()).isEqualTo(SslMode.VERIFY_FULL);
        assertThat(TlsOptions.builder().mount(Path.of("mount")).build().mode()).isEqualTo(SslMode.VERIFY_FULL);
    }

    @Test
    void encryptsAtLeastWhenNothingIsSet() {
        assertThat(TlsOptions.builder().build().mode()).isEqualTo(SslMode.REQUIRE);
        assertThat(TlsOptions.builder().certificate(FILE).key(FILE).build().mode())
                .isEqualTo(SslMode.REQUIRE);
    }

    @Test
    void preferWithCertificatesDoesNotFallBackToPlainText() {
        TlsOptions.Builder prefer = TlsOptions.builder().mode(SslMode.PREFER);
        assertThat(prefer.build().mode()).isEqualTo(SslMode.PREFER);
        assertThat(prefer.rootCertificate(FILE).build().mode()).isEqualTo(SslMode.REQUIRE);
    }

    @Test
    void takesTheThreeFilesOfAMountUnlessTheyAreNamed() {
        TlsOptions options = TlsOptions.builder()
                .mount(Path.of("/certs"))
                .rootCertificate(FILE)
                .build();
        assertThat(options.certificate()).isEqualTo(Path.of("/certs/tls.crt"));
        assertThat(options.key()).isEqualTo(Path.of("/certs/tls.key"));
        assertThat(options.rootCertificate()).isEqualTo(FILE);
    }

    @Test
    void infersNothingWithoutAMount() {
        TlsOptions options = TlsOptions.builder().rootCertificate(FILE).build();
        assertThat(options.certificate()).isNull();
        assertThat(options.key()).isNull();
    }

    @Test
    void refusesWhatDoesNotFitTogether() {
        refused(TlsOptions.builder().certificate(FILE), "certificate some.pem is set without a key");
        refused(TlsOptions.builder().key(FILE), "key some.pem is set without a certificate");
        refused(TlsOptions.builder().keyPassword(() -> "x"), "a key password is set without a key");
        refused(
                TlsOptions.builder()
                        .certificate(FILE)
                        .key(FILE)
                        .keyPassword(() -> "x")
                        .keyPasswordFile(FILE),
                "both set");
        refused(TlsOptions.builder().mode(SslMode.VERIFY_CA), "verify-ca requires a root certificate");
        refused(TlsOptions.builder().revocationList(FILE), "nothing is verified");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0.001S", "PT-1S", "P2D"})
    void refusesReloadIntervalsOutOfRange(Duration interval) {
        refused(TlsOptions.builder().reloadInterval(interval), "accepted are zero (never reload) and PT0.01S to PT24H");
    }

    @Test
    void laterChangesOfTheBuilderDoNotReachTheOptions() {
        TlsOptions.Builder builder = TlsOptions.builder().mode(SslMode.REQUIRE);
        TlsOptions options = builder.build();
        builder.user("later");
        assertThat(options.user()).isNull();
    }

    @Test
    void showsEverythingButSecrets() {
        TlsOptions options = TlsOptions.builder()
                .certificate(FILE)
                .key(FILE)
                .keyPassword(() -> "secret")
                .user("app")
                .build();
        assertThat(options.toString())
                .contains("mode=require", "certificate=some.pem", "keyPassword=***", "user=app", "TLSv1.2", "PT10S")
                .doesNotContain("secret");
    }

    private static void refused(TlsOptions.Builder builder, String message) {
        assertThatThrownBy(builder::build)
                .isInstanceOf(TlsException.class)
                .hasMessageContaining(message)
                .extracting("reason")
                .isEqualTo(TlsException.Reason.INVALID_OPTION);
    }
}
