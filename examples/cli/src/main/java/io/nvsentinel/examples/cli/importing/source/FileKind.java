// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Recognizes by its first bytes a file that holds no Extended JSON in UTF-8. */
final class FileKind {

    /** How many bytes of a file decide. */
    static final int BYTES = 1024;

    private static final int BSON_SMALLEST = 5;
    private static final int BSON_LARGEST = 64 << 20;
    private static final int BSON_TYPE = 4;
    private static final int BSON_LAST_TYPE = 0x13;

    private static final String UTF16 = "UTF-16 text: convert it with iconv -f UTF-16 -t UTF-8";
    private static final String UTF32 = "UTF-32 text: convert it with iconv -f UTF-32 -t UTF-8";

    private static final List<Magic> MAGIC = List.of(
            new Magic("FD377A585A00", "compressed by xz: pipe it through xz -dc, with - as the file"),
            new Magic("28B52FFD", "compressed by zstd: pipe it through zstd -dc, with - as the file"),
            new Magic("04224D18", "compressed by lz4: pipe it through lz4 -dc, with - as the file"),
            new Magic("425A68", "compressed by bzip2: pipe it through bzip2 -dc, with - as the file"),
            new Magic("504B0304", "a zip archive: unpack it first"),
            new Magic("377ABCAF271C", "a 7z archive: unpack it first"),
            new Magic("6DE29981", "an archive of mongodump: restore it, and export the collection with mongoexport"),
            new Magic("0000FEFF", UTF32),
            new Magic("FFFE0000", UTF32),
            new Magic("FEFF", UTF16),
            new Magic("FFFE", UTF16));

    private FileKind() {}

    private record Magic(String hex, String kind) {

        boolean begins(byte[] start) {
            byte[] magic = HexFormat.of().parseHex(hex);
            return start.length >= magic.length && Arrays.equals(magic, 0, magic.length, start, 0, magic.length);
        }
    }

    /**
     * What the file is, and what to do about it.
     *
     * @param start its first bytes, unpacked if it is gzip
     * @return null if it may hold documents
     */
    static @Nullable String other(byte[] start) {
        for (Magic magic : MAGIC) {
            if (magic.begins(start)) {
                return magic.kind();
            }
        }
        if (isBson(start)) {
            return "BSON, as mongodump writes it: convert it with bsondump, or export with mongoexport";
        }
        // Further down a zero byte costs its own line only.
        for (int i = 0; i < start.length && start[i] != '\n'; i++) {
            if (start[i] == 0) {
                return isTextOfWords(start) ? UTF16 : "a binary file";
            }
        }
        return isTable(new String(start, StandardCharsets.UTF_8))
                ? "CSV or TSV, which has no types: export with mongoexport --type=json"
                : null;
    }

    /** A document begins with its length, a type and a name that ends with a zero byte. */
    private static boolean isBson(byte[] start) {
        if (start.length < BSON_SMALLEST) {
            return false;
        }
        int length = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getInt();
        int type = start[BSON_TYPE] & 0xFF;
        return length >= BSON_SMALLEST
                && length <= BSON_LARGEST
                && (type == 0 ? length == BSON_SMALLEST : type <= BSON_LAST_TYPE || type == 0x7F || type == 0xFF);
    }

    /** UTF-16 without a byte order mark: every other byte of what begins JSON is zero. */
    private static boolean isTextOfWords(byte[] start) {
        return start.length >= 2 && (isBrace(start[0]) && start[1] == 0 || start[0] == 0 && isBrace(start[1]));
    }

    private static boolean isBrace(byte value) {
        return value == '{' || value == '[';
    }

    /** No line begins a document or a list, and the first one has names with separators between them. */
    private static boolean isTable(String start) {
        String first = start.lines().filter(line -> !line.isBlank()).findFirst().orElse("");
        return first.matches("[^{}\\[\\]]*[,;\t][^{}\\[\\]]*")
                && start.lines().noneMatch(line -> line.stripLeading().startsWith("{"));
    }
}
