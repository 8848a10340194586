// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.options;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.nvsentinel.datastore.DatastoreOptions;
import io.nvsentinel.datastore.error.ConfigurationException;
import java.io.RandomAccessFile;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What is given as a file of configuration and is none is refused at once, and is never read to its end. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(value = 30, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ConfigurationFileTest {

    @TempDir
    private Path files;

    private static void isRefused(Path file, String why) {
        assertThatThrownBy(() -> DatastoreOptions.fromYaml(file))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(why);
        assertThatThrownBy(() -> DatastoreOptions.fromEnvironment(Map.of("DATASTORE_YAML_PATH", file.toString())))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(why);
    }

    @Test
    void aPipe() throws Exception {
        Path pipe = files.resolve("pipe.yaml");
        new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor(10, TimeUnit.SECONDS);

        isRefused(pipe, "accepted is a regular file");
    }

    @Test
    void aDevice() {
        isRefused(Path.of("/dev/zero"), "accepted is a regular file");
    }

    @Test
    void aDirectory() {
        isRefused(files, "accepted is a regular file");
    }

    @Test
    void aSocket() throws Exception {
        Path socket = files.resolve("s");
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(socket));

            isRefused(socket, "accepted is a regular file");
        }
    }

    @Test
    void aLinkToADevice() throws Exception {
        isRefused(
                Files.createSymbolicLink(files.resolve("link.yaml"), Path.of("/dev/zero")),
                "accepted is a regular file");
    }

    @Test
    void aHugeFile() throws Exception {
        Path huge = files.resolve("huge.yaml");
        try (RandomAccessFile file = new RandomAccessFile(huge.toFile(), "rw")) {
            file.setLength(1L << 40);
        }

        isRefused(huge, "has more than 1048576 bytes");
    }

    /** Its size is said to be 0, regardless of what it holds. */
    @Test
    void aFileThatHidesItsSize() {
        isRefused(Path.of("/proc/self/maps"), "maps");
    }

    @Test
    void aMissingFile() {
        isRefused(files.resolve("missing.yaml"), "NoSuchFileException");
    }
}
