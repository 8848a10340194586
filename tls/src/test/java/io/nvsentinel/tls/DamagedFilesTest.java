// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files damaged at random, in their text and in the DER below it: each is read, or rejected with a typed error that
 * does not quote its content. {@code -Dfuzz.seed} repeats, {@code -Dfuzz.rounds} prolongs.
 */
class DamagedFilesTest {

    private static final Logger LOG = LoggerFactory.getLogger(DamagedFilesTest.class);
    private static final long SEED = Long.getLong("fuzz.seed", System.nanoTime() % 1_000_000);
    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 3000);
    private static final Path FILE = Path.of("some.pem");
    private static final Authority CA = Authority.named("ca");
    private static final Authority.Issued CLIENT = CA.issue("CN=app", Authority.keys("RSA"), null);

    static Stream<Arguments> kinds() throws Exception {
        Consumer<FileContent> certificates = Certificates::certificates;
        Consumer<FileContent> lists = Certificates::revocationLists;
        Stream<Arguments> others = Stream.of(
                Arguments.of("certificates", CLIENT.certificatePem() + CA.pem(), certificates),
                Arguments.of("revocation lists", CA.revocationList(CLIENT.certificate()), lists));
        return Stream.concat(
                others,
                Stream.concat(PrivateKeyReaderTest.plainKeys(), encryptedKeys())
                        .map(key -> Arguments.of(key.get()[0], key.get()[key.get().length - 1], reader())));
    }

    /** Without the files whose key derivation is intentionally slow. */
    private static Stream<Arguments> encryptedKeys() throws Exception {
        return PrivateKeyReaderTest.encryptedKeys()
                .filter(key -> ((String) key.get()[0]).startsWith("old") || key.get()[0].equals("PBES2 AES-256"));
    }

    private static Consumer<FileContent> reader() {
        return file -> PrivateKeyReader.read(
                file, () -> PrivateKeyReaderTest.PASSWORD, CLIENT.certificate().getPublicKey());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("kinds")
    void areReadOrRefusedButNothingElse(String kind, String pem, Consumer<FileContent> reader) {
        LOG.info("{}: fuzz.seed={} fuzz.rounds={}", kind, SEED, ROUNDS);
        Random random = new Random(SEED);
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            byte[] damaged = random.nextBoolean() ? damagedText(pem, random) : damagedDer(pem, random);
            refused += read(reader, damaged, pem, kind + ", seed " + SEED + ", round " + round) ? 0 : 1;
        }
        assertThat(refused).as("the damage is real").isGreaterThan(ROUNDS / 10);
    }

    private static boolean read(Consumer<FileContent> reader, byte[] content, String pem, String what) {
        try {
            reader.accept(new FileContent(FILE, content));
            return true;
        } catch (TlsException e) {
            assertThat(e).as(what).hasNoCause().hasMessageStartingWith(FILE + ": ");
            assertThat(e.getMessage()).as(what).hasLineCount(1).hasSizeLessThan(400);
            assertNothingQuoted(e.getMessage(), pem, what);
            return false;
        } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
            throw new AssertionError("not a typed error: " + what, e);
        }
    }

    /** No eight characters in a row of what stands between the BEGIN and END lines. */
    private static void assertNothingQuoted(String message, String pem, String what) {
        for (String line : pem.lines().toList()) {
            boolean secret = line.length() >= 8 && !line.contains("-----") && !line.contains(":");
            for (int i = 0; secret && i + 8 <= line.length(); i++) {
                assertThat(message).as(what).doesNotContain(line.substring(i, i + 8));
            }
        }
    }

    private static byte[] damagedText(String pem, Random random) {
        return damaged(pem.getBytes(StandardCharsets.ISO_8859_1), random);
    }

    /** Damage below intact PEM, which gets past the base64 decoder. */
    private static byte[] damagedDer(String pem, Random random) {
        List<String> lines = pem.lines().toList();
        int begin = lines.indexOf(lines.stream()
                .filter(line -> line.startsWith("-----BEGIN") && !line.contains("PARAMETERS"))
                .findFirst()
                .orElseThrow());
        int first = begin + 1;
        while (lines.get(first).contains(":") || lines.get(first).isEmpty()) {
            first++;
        }
        int end = first;
        while (!lines.get(end).startsWith("-----END")) {
            end++;
        }
        byte[] der = Base64.getDecoder().decode(String.join("", lines.subList(first, end)));
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(damaged(der, random));
        return (String.join("\n", lines.subList(0, first)) + "\n" + body + "\n"
                        + String.join("\n", lines.subList(end, lines.size())) + "\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] damaged(byte[] original, Random random) {
        byte[] bytes = original.clone();
        int times = 1 + random.nextInt(3);
        for (int i = 0; i < times && bytes.length > 1; i++) {
            bytes = damagedOnce(bytes, random);
        }
        return bytes;
    }

    private static byte[] damagedOnce(byte[] bytes, Random random) {
        // Most of what can go wrong in DER is decided by its first octets.
        int bound = random.nextBoolean() ? Math.min(bytes.length, 60) : bytes.length;
        int at = random.nextInt(bound);
        int length = random.nextInt(Math.min(20, bytes.length - at) + 1);
        switch (random.nextInt(6)) {
            case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bytes[at] = (byte) random.nextInt(256);
            case 2 -> {
                return joined(bytes, 0, at);
            }
            case 3 -> {
                return joined(joined(bytes, 0, at), bytes, at + length);
            }
            case 4 -> {
                return joined(joined(bytes, 0, at + length), bytes, at);
            }
            default -> {
                return withoutLineEnds(bytes, at);
            }
        }
        return bytes;
    }

    /** Lines run together, as in a secret that was pasted through a shell. */
    private static byte[] withoutLineEnds(byte[] bytes, int from) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < bytes.length; i++) {
            if (i < from || bytes[i] != '\n') {
                out.write(bytes[i]);
            }
        }
        return out.toByteArray();
    }

    private static byte[] joined(byte[] bytes, int from, int to) {
        return java.util.Arrays.copyOfRange(bytes, from, to);
    }

    private static byte[] joined(byte[] head, byte[] tail, int tailFrom) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(head);
        out.write(tail, tailFrom, tail.length - tailFrom);
        return out.toByteArray();
    }
}
