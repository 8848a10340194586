// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.Driver.Login;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("netty")
class MinimumVersionTest {

    private static EmbeddedServer old;
    private static EmbeddedServer current;

    @BeforeAll
    static void start() {
        var certificate = TestCertificates.create().server("localhost").issue();
        var tls = io.nvsentinel.testserver.TlsMaterial.of(certificate);
        old = PostgresServer.embedded()
                .tls(tls)
                .setting("ssl_max_protocol_version", "TLSv1.2")
                .start();
        current = PostgresServer.embedded().tls(tls).start();
    }

    @AfterAll
    static void stop() {
        old.close();
        current.close();
    }

    @ParameterizedTest
    @EnumSource
    void takesTheNewestThatTheServerHas(Driver driver) throws Exception {
        try (TlsContext tls = TlsContext.open(TlsOptions.builder().build())) {
            assertThat(driver.connect(tls, Login.admin(old)).version()).isEqualTo("TLSv1.2");
            assertThat(driver.connect(tls, Login.admin(current)).version()).isEqualTo("TLSv1.3");
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusesAServerThatIsTooOld(Driver driver) throws Exception {
        TlsOptions options =
                TlsOptions.builder().minimumVersion(TlsVersion.TLS_1_3).build();
        try (TlsContext tls = TlsContext.open(options)) {
            assertThat(driver.connect(tls, Login.admin(current)).version()).isEqualTo("TLSv1.3");
            assertThat(Failures.messages(catchThrowable(() -> driver.connect(tls, Login.admin(old)))))
                    .contains("protocol_version");
        }
    }
}
