// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.nvsentinel.testserver.EmbeddedServer;
import io.nvsentinel.testserver.EmbeddedServerBuilder;
import io.nvsentinel.testserver.PostgresServer;
import io.nvsentinel.testserver.pki.TestCertificate;
import io.nvsentinel.testserver.pki.TestCertificates;
import io.nvsentinel.tls.Driver.Login;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every mode against every kind of server, through both drivers. The table is the behavior of psql with the same
 * certificates and servers, except for the cells marked below; if psql is available, it is run.
 */
@Tag("netty")
class ModeMatrixTest {

    private static final TestCertificates CA = TestCertificates.create();
    private static final TestCertificates OTHER_CA = TestCertificates.create();

    /** mode, root certificate: right server, wrong host name, expired, without TLS. */
    private static final String TABLE = """
            disable     none    plain      plain      plain      plain
            disable     right   plain      plain      plain      plain
            prefer      none    tls        tls        tls        plain
            prefer      right   tls        tls        invalid*   refused*
            prefer      other   untrusted* untrusted* untrusted* refused*
            require     none    tls        tls        tls        refused
            require     right   tls        tls        invalid    refused
            require     other   untrusted  untrusted  untrusted  refused
            verify-ca   right   tls        tls        invalid    refused
            verify-ca   other   untrusted  untrusted  untrusted  refused
            verify-full right   tls        name       invalid    refused
            verify-full other   untrusted  untrusted  untrusted  refused
            verify-full none    untrusted* untrusted* untrusted* refused
            unset       none    tls        tls        tls        refused
            unset       right   tls        name       invalid    refused
            unset       other   untrusted  untrusted  untrusted  refused
            """;
    // * prefer: psql continues in plain text without a warning. With configured certificates that is never intended. *
    // verify-full none: psql 15 misses its file; from 16 on, sslrootcert=system is what this is. unset is verify-full
    // or require, where psql has prefer.

    /** The message of each failure, without the wrappers of the driver. */
    private static final Map<String, String> MESSAGES = Map.of(
            "untrusted",
                    "the server's certificate CN=\\S+, issued by CN=Test Root CA, cannot be verified "
                            + "with the authorities of",
            "invalid", "the server's certificate CN=localhost, .* has expired on 20",
            "name", "the server's certificate is not for \"localhost\"; it names wrong.example",
            "refused", "(?i)server.*support.*SSL");

    private static final EnumMap<Kind, EmbeddedServer> SERVERS = new EnumMap<>(Kind.class);

    @TempDir
    static Path files;

    private enum Kind {
        RIGHT,
        WRONG_HOST,
        EXPIRED,
        WITHOUT_TLS;

        EmbeddedServer start() {
            EmbeddedServerBuilder builder = PostgresServer.embedded();
            TestCertificate certificate = switch (this) {
                case RIGHT -> CA.server("localhost", "127.0.0.1").issue();
                case WRONG_HOST -> CA.server("wrong.example").issue();
                case EXPIRED -> CA.server("localhost").expired().issue();
                case WITHOUT_TLS -> null;
            };
            if (certificate != null) {
                builder.tls(io.nvsentinel.testserver.TlsMaterial.of(certificate));
            }
            return builder.start();
        }
    }

    @BeforeAll
    static void start() {
        Pem.write(files.resolve("right.crt"), CA.authorityPem());
        Pem.write(files.resolve("other.crt"), OTHER_CA.authorityPem());
        for (Kind kind : Kind.values()) {
            SERVERS.put(kind, kind.start());
        }
    }

    @AfterAll
    static void stop() {
        SERVERS.values().forEach(EmbeddedServer::close);
    }

    static Stream<Arguments> cells() {
        return TABLE.lines().map(line -> line.split(" +")).flatMap(ModeMatrixTest::cellsOf);
    }

    private static Stream<Arguments> cellsOf(String[] line) {
        return Stream.of(Kind.values())
                .flatMap(kind -> Stream.of(Driver.values())
                        .map(driver -> Arguments.of(
                                driver, line[0], line[1], kind, line[2 + kind.ordinal()].replace("*", ""))));
    }

    static Stream<Arguments> cellsLikePsql() {
        return TABLE.lines()
                .map(line -> line.split(" +"))
                .filter(line -> !line[0].equals("unset"))
                .flatMap(line -> Stream.of(Kind.values())
                        .filter(kind -> !line[2 + kind.ordinal()].endsWith("*"))
                        .map(kind -> Arguments.of(line[0], line[1], kind, line[2 + kind.ordinal()])));
    }

    @ParameterizedTest(name = "psql {0} with {1} root certificate, {2} server: {3}")
    @MethodSource("cellsLikePsql")
    void isWhatPsqlDoes(String mode, String root, Kind kind, String expected) throws Exception {
        assumeTrue(Psql.exists(), "no psql on this machine to compare with");
        String outcome = Psql.connect(SERVERS.get(kind), mode, files.resolve(root + ".crt"));
        assertThat(outcome).isEqualTo(MESSAGES.containsKey(expected) ? "fails" : expected);
    }

    @ParameterizedTest(name = "{0} {1} with {2} root certificate, {3} server: {4}")
    @MethodSource("cells")
    void matches(Driver driver, String mode, String root, Kind kind, String expected) throws Exception {
        TlsOptions.Builder options = TlsOptions.builder();
        if (!mode.equals("unset")) {
            options.mode(SslMode.parse(mode));
        }
        if (!root.equals("none")) {
            options.rootCertificate(files.resolve(root + ".crt"));
        }
        Login login = Login.admin(SERVERS.get(kind));
        try (TlsContext tls = TlsContext.open(options.build())) {
            if (MESSAGES.containsKey(expected)) {
                Throwable failure = catchThrowable(() -> driver.connect(tls, login));
                assertThat(failure).isNotNull();
                assertThat(Failures.messages(failure)).containsPattern(MESSAGES.get(expected));
            } else {
                assertThat(driver.connect(tls, login).tls()).isEqualTo(expected.equals("tls"));
            }
        }
    }
}
