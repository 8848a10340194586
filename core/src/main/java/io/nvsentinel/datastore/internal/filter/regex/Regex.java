// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.datastore.internal.filter.regex;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;

/**
 * A compiled regular expression that looks for a match anywhere in a text, as PostgreSQL's {@code ~} with collation "C"
 * does. It follows all ways through the expression at once, so its time grows with the text and no text or expression
 * can make it backtrack or overflow the stack; java.util.regex does both.
 */
public final class Regex {

    private final List<Step> steps;

    private Regex(List<Step> steps) {
        this.steps = List.copyOf(steps);
    }

    /** One step of the automaton. */
    private sealed interface Step {}

    private record Take(IntPredicate characters) implements Step {}

    private record Fork(int one, int other) implements Step {}

    private record AtStart() implements Step {}

    private record AtEnd() implements Step {}

    private record Match() implements Step {}

    /** A part of an expression, which can be written into an automaton more than once. */
    interface Part {
        void write(Writer writer);
    }

    /** Writes an automaton. */
    static final class Writer {

        /** Stands where a fork will be once its target is known. */
        private static final Step PENDING = new Match();

        private final List<Step> steps = new ArrayList<>();
        private final int maxSteps;

        /** Writes at most so many steps. */
        Writer(int maxSteps) {
            this.maxSteps = maxSteps;
        }

        /** The expression is too large. */
        static final class TooLarge extends RuntimeException {
            private static final long serialVersionUID = 1L;

            TooLarge() {
                super(null, null, false, false);
            }
        }

        void take(IntPredicate characters) {
            add(new Take(characters));
        }

        void start() {
            add(new AtStart());
        }

        void end() {
            add(new AtEnd());
        }

        void either(Part one, Part other) {
            int fork = add(PENDING);
            one.write(this);
            int jump = add(PENDING);
            steps.set(fork, new Fork(fork + 1, steps.size()));
            other.write(this);
            steps.set(jump, new Fork(steps.size(), steps.size()));
        }

        void maybe(Part part) {
            either(part, nothing -> {});
        }

        void anyNumberOf(Part part) {
            int fork = add(PENDING);
            part.write(this);
            add(new Fork(fork, fork));
            steps.set(fork, new Fork(fork + 1, steps.size()));
        }

        private int add(Step step) {
            if (steps.size() >= maxSteps) {
                throw new TooLarge();
            }
            steps.add(step);
            return steps.size() - 1;
        }

        Regex finish(Part part) {
            part.write(this);
            add(new Match());
            return new Regex(steps);
        }
    }

    /**
     * Looks for a match.
     *
     * @param text the text
     * @return whether some part of it matches
     */
    public boolean find(String text) {
        return new Run(text.codePoints().toArray()).find();
    }

    /** The steps that a text has reached, position by position. */
    private final class Run {

        private final int[] text;
        private final int[] seenAt = new int[steps.size()];
        private final int[] waiting = new int[2 * steps.size() + 2];
        private int[] reached = new int[steps.size()];
        private int[] next = new int[steps.size()];
        private int count;
        private boolean matched;

        Run(int[] text) {
            this.text = text;
        }

        boolean find() {
            for (int position = 0; position <= text.length; position++) {
                reach(0, position);
                if (matched || position == text.length) {
                    return matched;
                }
                advance(position);
            }
            return matched;
        }

        private void advance(int position) {
            int[] now = reached;
            int size = count;
            reached = next;
            next = now;
            count = 0;
            for (int i = 0; i < size; i++) {
                if (steps.get(now[i]) instanceof Take take && take.characters().test(text[position])) {
                    reach(now[i] + 1, position + 1);
                }
            }
        }

        /** Adds a step and what follows from it without taking a character. */
        private void reach(int first, int position) {
            int size = 0;
            waiting[size++] = first;
            while (size > 0) {
                int step = waiting[--size];
                if (seenAt[step] == position + 1) {
                    continue;
                }
                seenAt[step] = position + 1;
                Step at = steps.get(step);
                if (at instanceof Take) {
                    reached[count++] = step;
                } else if (at instanceof Fork fork) {
                    waiting[size++] = fork.other();
                    waiting[size++] = fork.one();
                } else if (at instanceof Match) {
                    matched = true;
                } else if (at instanceof AtStart ? position == 0 : position == text.length) {
                    waiting[size++] = step + 1;
                }
            }
        }
    }
}
