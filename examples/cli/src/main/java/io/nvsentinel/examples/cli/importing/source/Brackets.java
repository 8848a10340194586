// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

/** Follows the brackets and quotes of one JSON object, byte by byte, from its first brace. */
final class Brackets {

    private int depth;
    private boolean inText;
    private boolean escaped;

    /** The state of the object after a byte. */
    enum State {
        /** The object continues. */
        OPEN,
        /** This byte was its last. */
        CLOSED,
        /** It cannot be JSON: a line ends within a string. */
        BROKEN
    }

    State next(int value) {
        if (inText) {
            return text(value);
        }
        switch (value) {
            case '"' -> inText = true;
            case '{', '[' -> depth++;
            case '}', ']' -> depth--;
            default -> {
                // The parser validates the content.
            }
        }
        return depth == 0 ? State.CLOSED : State.OPEN;
    }

    private State text(int value) {
        if (value == '\n') {
            return State.BROKEN;
        }
        if (escaped) {
            escaped = false;
        } else if (value == '\\') {
            escaped = true;
        } else if (value == '"') {
            inText = false;
        }
        return State.OPEN;
    }

    /**
     * Whether bytes are one object, according to their brackets.
     *
     * @param bytes the bytes
     * @param from the start
     * @param to the end, exclusive
     */
    static boolean isObject(byte[] bytes, int from, int to) {
        if (from >= to || bytes[from] != '{') {
            return false;
        }
        Brackets brackets = new Brackets();
        for (int i = from; i < to; i++) {
            State state = brackets.next(bytes[i]);
            if (state != State.OPEN) {
                return state == State.CLOSED && i == to - 1;
            }
        }
        return false;
    }
}
