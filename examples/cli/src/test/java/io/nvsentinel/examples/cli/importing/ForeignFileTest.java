// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import io.nvsentinel.examples.cli.ExitCode;
import io.nvsentinel.examples.cli.Main;
import io.nvsentinel.examples.cli.Run;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that hold no Extended JSON, are cut off, or hold more than the heap does. */
class ForeignFileTest {

    private static final String DOCUMENTS = "{\"_id\":1,\"a\":\"x\"}\n{\"_id\":2}\n".repeat(200);
    private static final int MEBIBYTE = 1 << 20;

    @TempDir
    private Path directory;

    /** A pipe without a writer would be waited for, and a device never ends; standard input may be both. */
    @ParameterizedTest
    @ValueSource(strings = {"pipe", "/dev/zero", "socket"})
    @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void onlyRegularFilesAreOpened(String kind) throws Exception {
        Path file = directory.resolve(kind);
        try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            if (kind.equals("pipe")) {
                new ProcessBuilder("mkfifo", file.toString()).start().waitFor(10, TimeUnit.SECONDS);
            } else if (kind.equals("socket")) {
                socket.bind(UnixDomainSocketAddress.of(file));
            }
            for (String option : List.of("--dry-run", "--stop-on-error")) {
                Run run = Run.with(Map.of(), "import-mongo", option, "--into", "health_events", file.toString());

                assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
                assertThat(String.join("\n", run.err()))
                        .contains("is a pipe, a socket or a device")
                        .contains("- for standard input");
            }
        }
    }

    static Stream<Arguments> foreign() {
        return Stream.of(
                arguments("UTF-16", DOCUMENTS.getBytes(StandardCharsets.UTF_16)),
                arguments("UTF-16", DOCUMENTS.getBytes(StandardCharsets.UTF_16LE)),
                arguments("UTF-16", DOCUMENTS.getBytes(StandardCharsets.UTF_16BE)),
                arguments("UTF-32", ("\ufeff" + DOCUMENTS).getBytes(Charset.forName("UTF-32BE"))),
                arguments("xz", bytes("FD377A585A000004E6D6B446")),
                arguments("zstd", bytes("28B52FFD2400010000")),
                arguments("bzip2", bytes("425A683931415926")),
                arguments("zip", zip()),
                arguments("BSON", bytes("1600000002610005000000746578740010620001000000" + "00")),
                arguments("BSON", bytes("0500000000")),
                arguments("mongodump", bytes("6DE29981B5000000")),
                arguments("binary", bytes("0102030000000000000000")),
                arguments(
                        "CSV", "_id,createdAt,healthevent.nodename\n1,2026-01-01,n\n".getBytes(StandardCharsets.UTF_8)),
                arguments("CSV", "_id\tcreatedAt\n1\t2026-01-01\n".getBytes(StandardCharsets.UTF_8)));
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void isNamedOnceBeforeAnythingElseIsRead(String kind, byte[] content) {
        for (byte[] bytes : List.of(content, gzip(content))) {
            InputStream in = new ByteArrayInputStream(bytes);

            Run run = Run.with(Map.of(), in, "import-mongo", "-", "--into", "other");

            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.USAGE);
            assertThat(run.out()).isEmpty();
            assertThat(run.err())
                    .singleElement()
                    .asString()
                    .contains("standard input is not Extended JSON in UTF-8 but ")
                    .contains(kind)
                    .doesNotContain("byte -1");
        }
    }

    @ParameterizedTest
    @MethodSource("foreign")
    void asALineOfAnExportIsRejectedWithoutANegativePosition(String kind, byte[] content) {
        byte[] first = "{\"_id\":0}\n".getBytes(StandardCharsets.UTF_8);
        byte[] mixed = Arrays.copyOf(first, first.length + content.length);
        System.arraycopy(content, 0, mixed, first.length, content.length);

        Run run = dryRun(new ByteArrayInputStream(mixed));

        assertThat(run.toString())
                .contains("line 2: ")
                .doesNotContain("byte -1")
                .as(kind);
    }

    @Test
    void aTruncatedGzipUnderADryRunSaysThatNothingWasStored() {
        byte[] whole = gzip(DOCUMENTS.getBytes(StandardCharsets.UTF_8));
        for (int length : new int[] {12, whole.length / 2, whole.length - 1}) {
            Run run = dryRun(new ByteArrayInputStream(whole, 0, length));

            assertThat(run.exitCode()).as(run.toString()).isEqualTo(ExitCode.USAGE);
            assertThat(run.err())
                    .singleElement()
                    .asString()
                    .contains("cannot be read completely")
                    .contains("nothing was stored")
                    .doesNotContain("before this point are stored");
        }
    }

    @Test
    @Timeout(value = 3, unit = TimeUnit.MINUTES)
    void whatIsLargerThanASmallHeapIsARejectAndTheRestIsRead() throws Exception {
        Path file = directory.resolve("large.json");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            line(out, "{\"_id\":1}");
            line(out, "{\"_id\":2,\"a\":\"" + "x".repeat(60 * MEBIBYTE) + "\"}");
            line(out, "y".repeat(100 * MEBIBYTE));
            // Small on disk, and some hundred megabytes as a tree.
            line(out, "{\"_id\":3,\"a\":[" + "{},".repeat(2_500_000) + "{}]}");
            line(out, "{\"_id\":4}");
        }
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        Main.class.getName(),
                        "import-mongo",
                        file.toString(),
                        "--into",
                        "other",
                        "--dry-run")
                .directory(directory.toFile())
                .redirectErrorStream(true);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isEqualTo(ExitCode.FINDING);
        assertThat(output)
                .containsPattern("read +5\\b")
                .contains("line 2: larger than 8 MiB")
                .contains("line 3: larger than 8 MiB");
    }

    private static void line(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.US_ASCII));
        out.write('\n');
    }

    private static Run dryRun(InputStream in) {
        return Run.with(Map.of(), in, "import-mongo", "-", "--into", "other", "--dry-run");
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static byte[] zip() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.putNextEntry(new ZipEntry("export.json"));
            zip.write(DOCUMENTS.getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] gzip(byte[] content) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
