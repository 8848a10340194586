// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.nvsentinel.tls.TlsException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import reactor.core.scheduler.Schedulers;

/** What is checked before any connection is made. */
class TlsContextTest {

    private static final Authority CA = Authority.named("ca");
    private static final Authority.Issued CLIENT = CA.client("CN=app");

    @TempDir
    Path mount;

    @BeforeEach
    void aGoodMount() {
        Pem.write(mount.resolve("tls.crt"), CLIENT.certificatePem());
        Pem.writeKey(mount.resolve("tls.key"), CLIENT.keyPem());
        Pem.write(mount.resolve("ca.crt"), CA.pem());
    }

    @Test
    void opensAGoodMount() {
        try (TlsContext tls = open(options().user("app"))) {
            assertThat(tls.jdbcProperties())
                    .containsEntry("sslmode", "verify-full")
                    .containsEntry("sslfactory", JdbcSslSocketFactory.class.getName())
                    .containsKey("sslfactoryarg")
                    .containsEntry("sslhostnameverifier", LibpqHostnameVerifier.class.getName())
                    .hasSize(4);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "PREFER, true, sslmode=prefer with certificates is treated as require",
        "PREFER, false, sslmode=prefer falls back to plain text without a warning",
        "REQUIRE, false, ''"
    })
    void warnsAboutPrefer(SslMode mode, boolean certificates, String warning) {
        Logger logger = (Logger) LoggerFactory.getLogger(TlsContext.class);
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        logger.addAppender(log);
        try {
            open((certificates ? options() : TlsOptions.builder()).mode(mode)).close();
        } finally {
            logger.detachAppender(log);
        }
        assertThat(log.list.stream()
                        .filter(event -> event.getLevel() == Level.WARN)
                        .map(ILoggingEvent::getFormattedMessage)
                        .collect(Collectors.joining()))
                .startsWith(warning)
                .satisfies(text -> assertThat(text.isEmpty()).isEqualTo(warning.isEmpty()));
    }

    @Test
    void readsNothingWhenDisabled() {
        TlsOptions.Builder options = TlsOptions.builder().mode(SslMode.DISABLE).mount(Path.of("/nowhere"));
        try (TlsContext tls = open(options)) {
            assertThat(tls.jdbcProperties()).isEqualTo(Map.of("sslmode", "disable"));
        }
    }

    @Test
    void jdbcPropertiesEndWithTheContext() {
        TlsContext tls = open(options());
        String id = tls.jdbcProperties().get("sslfactoryarg");
        assertThat(new JdbcSslSocketFactory(id).getDefaultCipherSuites()).isNotEmpty();
        tls.close();
        tls.close();
        assertThatThrownBy(() -> new JdbcSslSocketFactory(id))
                .isInstanceOf(TlsException.class)
                .hasMessageContaining("closed");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls.crt", "tls.key", "ca.crt"})
    void saysWhichFileIsMissing(String name) throws Exception {
        Files.delete(mount.resolve(name));
        refused(options(), Reason.MISSING, name, "no such file");
    }

    @Test
    void saysThatTheDirectoryIsMissing() {
        Path nowhere = mount.resolve("nowhere");
        refused(
                TlsOptions.builder().mount(nowhere),
                Reason.MISSING,
                "nowhere/tls.crt",
                "no such file; the directory " + nowhere + " is missing too");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tls.crt", "tls.key", "ca.crt"})
    void refusesADirectoryForAFile(String name) throws Exception {
        Files.delete(mount.resolve(name));
        Files.createDirectory(mount.resolve(name));
        refused(options(), Reason.UNREADABLE_CONTENT, name, "found a directory; accepted is a file");
    }

    @Test
    void saysThatAFileMayNotBeRead() throws Exception {
        assertThat(Unprivileged.open(mount)).endsWith("opened");
        Path file = Pem.permissions(mount.resolve("ca.crt"), "---------");
        assertThat(Unprivileged.open(mount))
                .endsWith("NOT_READABLE " + file + ": this process is not allowed to read it");
    }

    @Test
    void saysThatADirectoryMayNotBeRead() throws Exception {
        Pem.permissions(mount, "---------");
        try {
            assertThat(Unprivileged.open(mount))
                    .endsWith("NOT_READABLE " + mount.resolve("tls.crt") + ": this process is not allowed to read it");
        } finally {
            Pem.permissions(mount, "rwx------");
        }
    }

    @Test
    void acceptsAKeyOfRootThatAGroupMayRead() throws Exception {
        Path key = Pem.permissions(mount.resolve("tls.key"), "rw-r-----");
        if ((Integer) Files.getAttribute(key, "unix:uid") == 0) {
            open(options()).close();
        } else {
            refused(options(), Reason.KEY_PERMISSIONS, "tls.key", "found permissions 0640");
        }
    }

    @Test
    void refusesAKeyThatOthersMayRead() {
        Pem.permissions(mount.resolve("tls.key"), "rw-r--r--");
        refused(options(), Reason.KEY_PERMISSIONS, "tls.key", "found permissions 0644");
    }

    @ParameterizedTest
    @CsvSource({
        // owner, permissions, accepted: the table of libpq's own check
        "1000, 600, true",
        "1000, 400, true",
        "1000, 640, false",
        "1000, 604, false",
        "1000, 610, false",
        "0, 600, true",
        "0, 640, true",
        "0, 440, true",
        "0, 660, false",
        "0, 650, false",
        "0, 644, false"
    })
    void judgesPermissionsAsLibpqDoes(int owner, String permissions, boolean accepted) {
        int mode = 0100000 | Integer.parseInt(permissions, 8);
        Path key = Path.of("tls.key");
        if (accepted) {
            FileContent.checkKeyPermissions(key, owner, mode);
        } else {
            assertThatThrownBy(() -> FileContent.checkKeyPermissions(key, owner, mode))
                    .hasMessageContaining("0600 or less, or 0640 or less if root owns it")
                    .extracting("reason")
                    .isEqualTo(Reason.KEY_PERMISSIONS);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "RSA", "Ed25519"})
    void refusesAKeyOfAnotherCertificate(String algorithm) {
        Authority.Issued other = CA.issue("CN=app", Authority.keys(algorithm), null);
        Pem.writeKey(mount.resolve("tls.key"), other.keyPem());
        refused(options(), Reason.KEY_MISMATCH, "tls.key", "does not belong to the certificate in");
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1", "RSA", "RSASSA-PSS", "Ed25519", "Ed448"})
    void acceptsAnyAlgorithmThatMatches(String algorithm) {
        Authority.Issued client = CA.issue("CN=app", Authority.keys(algorithm), null);
        Pem.write(mount.resolve("tls.crt"), client.certificatePem());
        Pem.writeKey(mount.resolve("tls.key"), client.keyPem());
        open(options()).close();
    }

    @Test
    void saysThatTheOwnCertificateMustComeFirst() {
        Pem.write(mount.resolve("tls.crt"), CA.pem() + CLIENT.certificatePem());
        refused(options(), Reason.KEY_MISMATCH, "tls.crt", "belongs to certificate 2 of the file");
    }

    @Test
    void refusesCertificatesOutsideTheirTime() {
        Instant end = CLIENT.notAfter();
        assertThatThrownBy(() -> open(options(), end.plusSeconds(1)))
                .hasMessageContaining("tls.crt: CN=app expired on " + end)
                .extracting("reason")
                .isEqualTo(Reason.EXPIRED);
        Instant begin = CLIENT.notBefore();
        assertThatThrownBy(() -> open(options(), begin.minusSeconds(1)))
                .hasMessageContaining("tls.crt: CN=app is not valid before " + begin)
                .extracting("reason")
                .isEqualTo(Reason.NOT_YET_VALID);
    }

    @Test
    void refusesARootCertificateFileWithExpiredAuthoritiesOnly() {
        Authority old = Authority.until("old", Instant.now().minusSeconds(60));
        Pem.write(mount.resolve("ca.crt"), old.pem());
        refused(options(), Reason.EXPIRED, "ca.crt", "CN=old expired on");
        Pem.write(mount.resolve("ca.crt"), old.pem() + CA.pem());
        open(options()).close();
    }

    @Test
    void refusesACertificateOfAnotherUser() {
        refused(
                options().user("other"),
                Reason.USER_MISMATCH,
                "tls.crt",
                "its common name is \"app\", but the database user is \"other\"");
    }

    @Test
    void readsTheKeyPasswordFromAFileWithoutItsLineEnd() {
        assertThat(new FileContent(mount, "a b\n".getBytes()).asPassword()).isEqualTo("a b");
        assertThat(new FileContent(mount, "a b\r\n".getBytes()).asPassword()).isEqualTo("a b");
        assertThat(new FileContent(mount, " a b \n\n".getBytes()).asPassword()).isEqualTo(" a b \n");
    }

    @Test
    void saysWhatACertificateFileHoldsInstead() {
        Pem.write(mount.resolve("tls.crt"), CLIENT.keyPem());
        refused(options(), Reason.UNREADABLE_CONTENT, "tls.crt", "found PRIVATE KEY; accepted is a PEM file with");
        Pem.write(mount.resolve("tls.crt"), Pem.of("CERTIFICATE", new byte[] {1, 2, 3}));
        refused(options(), Reason.UNREADABLE_CONTENT, "tls.crt", "certificate 1 of the file is damaged");
        Pem.write(mount.resolve("tls.crt"), "x".repeat(2 << 20));
        refused(options(), Reason.UNREADABLE_CONTENT, "tls.crt", "found more than 1048576 bytes");
    }

    @Test
    void worksWithPathsThatHaveSpacesAndWithoutClientCertificate() {
        Path ca = Pem.write(mount.resolve("root ca.crt"), CA.pem());
        try (TlsContext tls = open(TlsOptions.builder().rootCertificate(ca))) {
            assertThat(tls.jdbcProperties()).containsEntry("sslmode", "verify-full");
        }
    }

    private TlsOptions.Builder options() {
        return TlsOptions.builder().mount(mount);
    }

    private static TlsContext open(TlsOptions.Builder options) {
        return TlsContext.open(options.build());
    }

    private static TlsContext open(TlsOptions.Builder options, Instant now) {
        return TlsContext.open(options.build(), Clock.fixed(now, ZoneOffset.UTC), Schedulers.boundedElastic());
    }

    private void refused(TlsOptions.Builder options, Reason reason, String file, String what) {
        assertThatThrownBy(() -> open(options)).isInstanceOfSatisfying(TlsException.class, e -> {
            assertThat(e.reason()).isEqualTo(reason);
            assertThat(e.path()).contains(mount.resolve(file));
            assertThat(e.getMessage())
                    .startsWith(mount.resolve(file) + ": ")
                    .contains(what)
                    .hasLineCount(1);
        });
    }
}
