// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.Fuzz;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyPair;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.provider.Arguments;

/** Damaged certificate and key files are refused with the error that names them, and nothing else. */
class FuzzTest {

    private static final Path FILE = Path.of("file.pem");

    @Test
    void pemFiles() throws Exception {
        List<byte[]> files = new ArrayList<>();
        for (Arguments key : PrivateKeyReaderTest.plainKeys().toList()) {
            files.add(((String) key.get()[2]).getBytes(StandardCharsets.UTF_8));
        }
        assertThat(Fuzz.of(files)
                        .run(input -> PemFile.parse(new FileContent(FILE, input), "a PEM file"), TlsException.class))
                .isPositive();
    }

    @Test
    void privateKeys() throws Exception {
        List<byte[]> files = new ArrayList<>();
        for (Arguments key : PrivateKeyReaderTest.plainKeys().toList()) {
            files.add(((String) key.get()[2]).getBytes(StandardCharsets.UTF_8));
        }
        KeyPair certified = Authority.keys("secp256r1");
        assertThat(Fuzz.of(files)
                        .run(
                                input -> PrivateKeyReader.read(
                                        new FileContent(FILE, input), () -> "password", certified.getPublic()),
                                TlsException.class))
                .isPositive();
    }

    /** The structure below the Base64 text, which damage to the text rarely reaches. */
    @Test
    void privateKeysInDer() throws Exception {
        KeyPair certified = Authority.keys("secp256r1");
        List<byte[]> keys = List.of(
                Authority.keys("RSA").getPrivate().getEncoded(),
                certified.getPrivate().getEncoded(),
                Authority.keys("Ed25519").getPrivate().getEncoded());
        for (String label : List.of("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY")) {
            assertThat(Fuzz.of(keys)
                            .run(
                                    input -> PrivateKeyReader.read(
                                            new FileContent(
                                                    FILE, Pem.of(label, input).getBytes(StandardCharsets.UTF_8)),
                                            () -> "password",
                                            certified.getPublic()),
                                    TlsException.class))
                    .isPositive();
        }
    }
}
