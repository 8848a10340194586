// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a stream of bytes into documents: one a line, one JSON array, or written over several lines, and an array of any
 * of these. Holds one document at a time. Something broken costs itself only: if each document has a separate line, its
 * line; else everything up to the next line that begins with a brace.
 */
public final class DocumentSplitter {

    private static final int LARGEST_BYTES = 64 << 20;

    /** A document exists several times at once: as bytes, as a tree, as the record's JSON, and in batches read ahead. */
    private static final int PART_OF_HEAP = 32;

    /**
     * The largest document of MongoDB has 16 MB, and Extended JSON makes up to four of one. A small heap has no room for
     * that.
     */
    static final int MAX_BYTES =
            (int) Math.min(LARGEST_BYTES, Runtime.getRuntime().maxMemory() / PART_OF_HEAP);

    /** Why a document is rejected. */
    public static final String TOO_LARGE = "larger than " + (MAX_BYTES >> 20) + " MiB"
            + (MAX_BYTES == LARGEST_BYTES ? "" : ", the limit for this heap; JAVA_OPTS=-Xmx2g raises it to 64 MiB");

    /** How far to look for the first line's end. */
    private static final int FIRST_LINE_BYTES = 1 << 20;

    /** One way of cutting. */
    interface Pieces {

        /** The next piece, or null at the end. */
        @Nullable
        SourceDocument next() throws IOException;

        /** Whether a list was begun and not ended. */
        boolean isListOpen();
    }

    private final ByteReader in;
    private @Nullable Pieces pieces;
    private boolean ended;

    /**
     * Cuts a stream.
     *
     * @param in the bytes; it is not closed
     */
    public DocumentSplitter(InputStream in) {
        this.in = new ByteReader(in);
    }

    /**
     * The next piece.
     *
     * @return null at the end
     * @throws IOException if the stream fails
     */
    public @Nullable SourceDocument next() throws IOException {
        if (pieces == null) {
            pieces = hasLines(in.peekLine(FIRST_LINE_BYTES)) ? new LinePieces(in) : new ObjectPieces(in);
        }
        SourceDocument document = pieces.next();
        if (document == null && pieces.isListOpen() && !ended) {
            ended = true;
            return new SourceDocument(in.line(), new byte[0], "the list has no end: the export may have been cut off");
        }
        return document;
    }

    /**
     * Whether one of the first lines is a separate document. A nested object does not start at the beginning of a line.
     */
    private static boolean hasLines(byte[] start) {
        int from = 0;
        for (int i = 0; i <= start.length; i++) {
            if (i == start.length || start[i] == '\n') {
                if (isDocument(start, from, i)) {
                    return true;
                }
                from = i + 1;
            }
        }
        return false;
    }

    private static boolean isDocument(byte[] line, int from, int to) {
        int begin = from;
        while (begin < to && (line[begin] == '[' || isByteOrderMark(line[begin]))) {
            begin++;
        }
        int end = to;
        while (end > begin && (isSpace(line[end - 1]) || line[end - 1] == ',' || line[end - 1] == ']')) {
            end--;
        }
        return Brackets.isObject(line, begin, end);
    }

    /** White space of JSON; another control character is part of a document that is not valid. */
    static boolean isSpace(int value) {
        return value == ' ' || value == '\t' || value == '\n' || value == '\r';
    }

    /** A byte of the mark that some programs put before UTF-8. */
    static boolean isByteOrderMark(int value) {
        return (value & 0xFF) == 0xEF || (value & 0xFF) == 0xBB || (value & 0xFF) == 0xBF;
    }
}
