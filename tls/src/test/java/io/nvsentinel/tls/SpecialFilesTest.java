// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.testserver.pki.TestCertificates;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What is given for one of the files and is no regular file, or is huge, is refused at once, and never read to its end. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SpecialFilesTest {

    private static final List<String> OPTIONS = List.of("certificate", "key", "root", "crl", "password");

    @TempDir
    private static Path files;

    static Stream<Arguments> files() {
        return OPTIONS.stream()
                .flatMap(option -> Stream.of("pipe", "device", "directory", "socket", "huge")
                        .map(kind -> Arguments.of(option, kind)));
    }

    @ParameterizedTest
    @MethodSource
    void files(String option, String kind) throws Exception {
        Path mount = Files.createTempDirectory(files, "m");
        TestCertificates.create().client("client").issue().writeSecret(mount);
        Path special = Files.createTempDirectory(files, "s").resolve("f");
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            make(special, kind, socket);
            TlsOptions.Builder options = TlsOptions.builder()
                    .mode(SslMode.VERIFY_FULL)
                    .certificate(option.equals("certificate") ? special : mount.resolve("tls.crt"))
                    .key(option.equals("key") ? special : mount.resolve("tls.key"))
                    .rootCertificate(option.equals("root") ? special : mount.resolve("ca.crt"));
            if (option.equals("crl")) {
                options.revocationList(special);
            } else if (option.equals("password")) {
                options.keyPasswordFile(special);
            }

            assertThatThrownBy(() -> TlsContext.open(options.build()).close())
                    .isInstanceOf(TlsException.class)
                    .hasMessageContaining(special.toString())
                    .hasMessageContaining(
                            switch (kind) {
                                case "directory" -> "found a directory; accepted is a file";
                                case "huge" -> "found more than 1048576 bytes";
                                default -> "found a device or pipe; accepted is a file";
                            });
        }
    }

    private static void make(Path file, String kind, ServerSocketChannel socket)
            throws IOException, InterruptedException {
        switch (kind) {
            case "pipe" -> new ProcessBuilder("mkfifo", file.toString()).start().waitFor(10, TimeUnit.SECONDS);
            case "device" -> Files.createSymbolicLink(file, Path.of("/dev/zero"));
            case "directory" -> Files.createDirectory(file);
            case "socket" -> socket.bind(UnixDomainSocketAddress.of(file));
            default -> {
                try (RandomAccessFile huge = new RandomAccessFile(file.toFile(), "rw")) {
                    huge.setLength(1L << 40);
                }
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            }
        }
    }
}
