// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MountedSecretTest {

    @TempDir
    private Path parent;

    private Path mount() {
        return parent.resolve("secrets/db");
    }

    private List<String> names() throws IOException {
        try (Stream<Path> children = Files.list(mount())) {
            return children.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private String mode(String file) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(mount().resolve(file)));
    }

    @Test
    void isLaidOutAsKubernetesDoes() throws IOException {
        TestCertificate certificate = TestCertificates.create().client("app").issue();
        certificate.writeSecret(mount());
        assertThat(names()).hasSize(5).endsWith("..data", "ca.crt", "tls.crt", "tls.key");
        assertThat(names().get(0)).matches("\\.\\.\\d{4}(_\\d\\d){5}\\.\\d+");
        Path data = mount().resolve("..data");
        assertThat(Files.readSymbolicLink(data)).isEqualTo(Path.of(names().get(0)));
        assertThat(Files.readSymbolicLink(mount().resolve("tls.key"))).isEqualTo(Path.of("..data/tls.key"));
        assertThat(mount().resolve("tls.crt")).content().isEqualTo(certificate.certificatesPem());
        assertThat(mount().resolve("tls.key")).content().isEqualTo(certificate.keyPem());
        assertThat(mount().resolve("ca.crt")).content().isEqualTo(certificate.authorityPem());
        assertThat(mode("tls.key")).isEqualTo("rw-------");
        assertThat(mode("tls.crt")).isEqualTo("rw-r--r--");
    }

    @Test
    void rotationReplacesTheVersionAndRemovesWhatIsGone() throws IOException {
        MountedSecret secret = new MountedSecret(mount());
        secret.write(Map.of("a", "1", "b", "1"));
        String first = names().get(0);
        secret.write(Map.of("b", "2", "c", "2"));
        assertThat(names()).hasSize(4).doesNotContain(first).endsWith("..data", "b", "c");
        assertThat(mount().resolve("b")).content().isEqualTo("2");
        assertThat(mount().resolve("c")).content().isEqualTo("2");
    }

    @Test
    void aReaderSeesOneVersionOrTheNext() throws Exception {
        MountedSecret secret = new MountedSecret(mount());
        secret.write(Map.of("a", "0", "b", "0"));
        AtomicBoolean done = new AtomicBoolean();
        ExecutorService reader = Executors.newSingleThreadExecutor();
        try {
            Future<Integer> seen = reader.submit(() -> readUntil(done));
            for (int version = 1; version <= 100; version++) {
                secret.write(Map.of("a", "" + version, "b", "" + version));
            }
            done.set(true);
            assertThat(seen.get()).isPositive();
        } catch (ExecutionException e) {
            throw new AssertionError(e.getCause());
        } finally {
            reader.shutdown();
        }
    }

    /** Resolves the version once, as a careful reader does; the version may be removed while it reads. */
    private int readUntil(AtomicBoolean done) throws IOException {
        int complete = 0;
        while (!done.get() || complete == 0) {
            Path version = mount().resolve(Files.readSymbolicLink(mount().resolve("..data")));
            try {
                assertThat(Files.readString(version.resolve("a"))).isEqualTo(Files.readString(version.resolve("b")));
                complete++;
            } catch (NoSuchFileException e) {
                assertThat(Files.readSymbolicLink(mount().resolve("..data"))).isNotEqualTo(version.getFileName());
            }
        }
        return complete;
    }

    @Test
    void aFailedWriteKeepsTheVersion() throws IOException {
        MountedSecret secret = new MountedSecret(mount());
        secret.write(Map.of("a", "1"));
        assertThatThrownBy(() -> secret.write(Map.of("a", "2", "no/such/directory", "2")))
                .isInstanceOf(UncheckedIOException.class);
        assertThat(mount().resolve("a")).content().isEqualTo("1");
        secret.write(Map.of("a", "3"));
        assertThat(names()).hasSize(3);
        assertThat(mount().resolve("a")).content().isEqualTo("3");
    }
}
