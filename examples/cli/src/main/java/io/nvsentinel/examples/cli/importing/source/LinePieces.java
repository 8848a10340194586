// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Each line is a document, alone or as an item of a list: {@code [} before the first, commas between, {@code ]} at last. */
final class LinePieces implements DocumentSplitter.Pieces {

    private final ByteReader in;
    private boolean begun;
    private boolean inList;
    private boolean listEnded;

    LinePieces(ByteReader in) {
        this.in = in;
    }

    @Override
    public boolean isListOpen() {
        return inList && !listEnded;
    }

    @Override
    public @Nullable SourceDocument next() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        while (true) {
            long line = in.line();
            int value = in.read();
            if (value == ByteReader.END) {
                return null;
            }
            if (!readLine(value, bytes)) {
                return new SourceDocument(line, new byte[0], DocumentSplitter.TOO_LARGE);
            }
            byte[] document = withoutList(bytes.toByteArray());
            if (document.length > 0) {
                return new SourceDocument(line, document, null);
            }
            bytes.reset();
        }
    }

    /** Reads to the line's end; false if it is too long. */
    private boolean readLine(int begin, ByteArrayOutputStream bytes) throws IOException {
        boolean fits = true;
        for (int value = begin; value != '\n' && value != ByteReader.END; value = in.read()) {
            fits &= bytes.size() < DocumentSplitter.MAX_BYTES;
            if (fits) {
                bytes.write(value);
            }
        }
        return fits;
    }

    private byte[] withoutList(byte[] line) {
        int from = start(line);
        int to = trimmed(line, from, line.length, false);
        if (!begun && from < to) {
            begun = true;
            inList = line[from] == '[';
            from += inList ? 1 : 0;
        }
        if (inList) {
            to = end(line, from, to);
            while (from < to && (DocumentSplitter.isSpace(line[from]) || line[from] == ',')) {
                from++;
            }
        }
        return Arrays.copyOfRange(line, from, to);
    }

    private int start(byte[] line) {
        int from = 0;
        while (from < line.length
                && (DocumentSplitter.isSpace(line[from]) || !begun && DocumentSplitter.isByteOrderMark(line[from]))) {
            from++;
        }
        return from;
    }

    /** Takes off the comma, and the bracket if it is the list's and not one of a document that was cut off. */
    private int end(byte[] line, int from, int end) {
        int to = trimmed(line, from, end, true);
        if (from < to && line[to - 1] == ']') {
            int inner = trimmed(line, from, to - 1, true);
            if (inner == from || Brackets.isObject(line, from, inner)) {
                listEnded = true;
                return inner;
            }
        }
        return to;
    }

    private static int trimmed(byte[] line, int from, int end, boolean commas) {
        int to = end;
        while (from < to && (DocumentSplitter.isSpace(line[to - 1]) || commas && line[to - 1] == ',')) {
            to--;
        }
        return to;
    }
}
