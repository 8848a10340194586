// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Each outermost object is a document, over however many lines, alone or as an item of a list. */
final class ObjectPieces implements DocumentSplitter.Pieces {

    private static final String NO_END = "the object, or a string in it, is not terminated";

    private final ByteReader in;
    private boolean begun;
    private boolean inList;
    private boolean listEnded;

    ObjectPieces(ByteReader in) {
        this.in = in;
    }

    @Override
    public boolean isListOpen() {
        return inList && !listEnded;
    }

    @Override
    public @Nullable SourceDocument next() throws IOException {
        while (true) {
            long line = in.line();
            int value = in.read();
            if (value == ByteReader.END) {
                return null;
            }
            if (value == '{') {
                begun = true;
                return object(line);
            }
            if (!isBetween(value)) {
                begun = true;
                return rubbish(line, value);
            }
        }
    }

    private boolean isBetween(int value) {
        if (value == '[' && !begun) {
            begun = true;
            inList = true;
            return true;
        }
        if (value == ']' && isListOpen()) {
            listEnded = true;
            return true;
        }
        return DocumentSplitter.isSpace(value)
                || value == ',' && inList
                || !begun && DocumentSplitter.isByteOrderMark(value);
    }

    /** What begins with no brace, to the end of its line. */
    private SourceDocument rubbish(long line, int begin) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int value = begin; value != '\n' && value != ByteReader.END; value = in.read()) {
            if (bytes.size() < DocumentSplitter.MAX_BYTES) {
                bytes.write(value);
            }
        }
        return new SourceDocument(line, bytes.toByteArray(), "not a JSON object");
    }

    private SourceDocument object(long line) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024);
        Brackets brackets = new Brackets();
        int value = '{';
        while (value != ByteReader.END && bytes.size() < DocumentSplitter.MAX_BYTES) {
            bytes.write(value);
            Brackets.State state = brackets.next(value);
            if (state == Brackets.State.CLOSED) {
                return new SourceDocument(line, bytes.toByteArray(), null);
            }
            if (state == Brackets.State.BROKEN) {
                return broken(line, bytes, NO_END);
            }
            value = in.read();
        }
        return broken(line, bytes, value == ByteReader.END ? NO_END : DocumentSplitter.TOO_LARGE);
    }

    /** Continues at the next line that starts with a brace, which may have been read already. */
    private SourceDocument broken(long line, ByteArrayOutputStream read, String problem) throws IOException {
        byte[] bytes = read.toByteArray();
        for (int i = 1; i < bytes.length; i++) {
            if (bytes[i] == '{' && bytes[i - 1] == '\n') {
                in.unread(bytes, i);
                return new SourceDocument(line, Arrays.copyOf(bytes, i), problem);
            }
        }
        skip(bytes[bytes.length - 1]);
        return new SourceDocument(line, bytes, problem);
    }

    private void skip(int last) throws IOException {
        int before = last;
        for (int value = in.read(); value != ByteReader.END; value = in.read()) {
            if (value == '{' && before == '\n') {
                in.unread(new byte[] {'{'}, 0);
                return;
            }
            before = value;
        }
    }
}
