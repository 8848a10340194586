// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.examples.cli.importing.source;

/** Follows the brackets and quotes of one JSON object, byte by byte, from its first brace. */
final class Brackets {

    private int depth;
    private boolean inText;
    private boolean escaped;

    /** Where the object is after a byte. */
    enum State {
        /** It goes on. */
        OPEN,
        /** This byte was its last. */
        CLOSED,
        /** It can be no JSON any more: a line ends within a text. */
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
                // Whatever stands between is for the parser to judge.
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
     * Whether bytes are one object, as far as brackets tell.
     *
     * @param bytes the bytes
     * @param from where it would begin
     * @param to behind its end
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
