// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;

import io.nvsentinel.testserver.pki.MountedSecret;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One consistent set, even if the files change while they are read. */
class FileSetTest {

    private static final int SWAPS = 500;

    @TempDir
    Path mount;

    @Test
    void neverMixesTwoVersionsOfASwappedSecret() {
        MountedSecret secret = new MountedSecret(mount);
        secret.write(version(0));
        TlsOptions options = TlsOptions.builder().mount(mount).build();
        CompletableFuture<Void> writer = CompletableFuture.runAsync(() -> {
            for (int version = 1; version <= SWAPS; version++) {
                secret.write(version(version));
            }
        });
        while (!writer.isDone()) {
            readOneVersion(options);
        }
        writer.join();
        assertThat(readOneVersion(options)).contains("version " + SWAPS);
    }

    private static Optional<String> readOneVersion(TlsOptions options) {
        try {
            FileSet files = FileSet.read(options);
            String certificate = text(files, options.certificate());
            assertThat(text(files, options.key())).isEqualTo(certificate);
            assertThat(text(files, options.rootCertificate())).isEqualTo(certificate);
            return Optional.of(certificate);
        } catch (TlsException e) {
            assertThat(e.reason()).isIn(TlsException.Reason.UNSTABLE, TlsException.Reason.MISSING);
            return Optional.empty();
        }
    }

    private static Map<String, String> version(int number) {
        String text = "version " + number;
        return Map.of("tls.crt", text, "tls.key", text, "ca.crt", text);
    }

    private static String text(FileSet files, Path path) {
        return new String(files.find(path).orElseThrow().bytes(), StandardCharsets.US_ASCII);
    }
}
