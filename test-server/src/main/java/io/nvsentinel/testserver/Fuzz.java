// SPDX-License-Identifier: Apache-2.0
package io.nvsentinel.testserver;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;

/**
 * Feeds a parser with damaged inputs: valid ones in which bytes are changed, removed, repeated, or replaced with words that mean
 * something to the parser.
 *
 * <p>The system property {@code fuzz.seconds} says how long each target runs, 1 by default, and {@code fuzz.seed} gives it
 * other inputs. The default seed is fixed, so that a build fails for what it changed: run other seeds for longer on purpose.
 */
public final class Fuzz {

    private static final int MOST_MUTATIONS = 8;
    private static final int LONGEST_RANGE = 32;
    private static final int LARGEST_INPUT = 1 << 16;

    private final List<byte[]> valid;
    private final List<byte[]> words;

    private Fuzz(List<byte[]> valid, List<byte[]> words) {
        this.valid = valid;
        this.words = words;
    }

    /** A parser. */
    @FunctionalInterface
    public interface Target {

        /**
         * Parses an input.
         *
         * @param input the input
         * @throws Exception if it is refused
         */
        void parse(byte[] input) throws Exception;
    }

    /**
     * Starts from valid inputs.
     *
     * @param valid at least one input that the target accepts
     * @return what damages them
     */
    public static Fuzz of(List<byte[]> valid) {
        return new Fuzz(List.copyOf(valid), List.of(new byte[] {0}, new byte[] {(byte) 0xFF, (byte) 0xFE}));
    }

    /**
     * Creates a fuzzer from valid inputs.
     *
     * @param valid at least one input that the target accepts
     * @return the fuzzer
     */
    public static Fuzz of(String... valid) {
        return of(Arrays.stream(valid)
                .map(text -> text.getBytes(StandardCharsets.UTF_8))
                .toList());
    }

    /**
     * Puts words into the inputs too.
     *
     * @param more the words
     * @return a copy that uses them
     */
    public Fuzz with(String... more) {
        return new Fuzz(
                valid,
                Arrays.stream(more)
                        .map(text -> text.getBytes(StandardCharsets.UTF_8))
                        .toList());
    }

    /**
     * Runs the target.
     *
     * @param target parses each input
     * @param refusal the exception that says that an input is refused; any other, and any error of the JVM, is a fault
     * @return how many inputs were parsed
     */
    public long run(Target target, Class<? extends Exception> refusal) {
        long seed = Long.getLong("fuzz.seed", 1);
        Random random = new Random(seed);
        long end = System.nanoTime()
                + Duration.ofSeconds(Long.getLong("fuzz.seconds", 1)).toNanos();
        long inputs = 0;
        do {
            byte[] input = inputs < valid.size() ? valid.get((int) inputs) : damaged(random);
            check(target, refusal, input, seed);
            inputs++;
        } while (System.nanoTime() < end);
        return inputs;
    }

    private static void check(Target target, Class<? extends Exception> refusal, byte[] input, long seed) {
        try {
            target.parse(input);
        } catch (Throwable e) {
            if (!refusal.isInstance(e)) {
                throw new AssertionError(
                        "Not refused with " + refusal.getSimpleName() + ": input (Base64) "
                                + Base64.getEncoder().encodeToString(input) + ", -Dfuzz.seed=" + seed,
                        e);
            }
        }
    }

    /**
     * Damages one input, for targets that are no function of it, such as a proxy.
     *
     * @param random decides how
     * @param input the input
     * @return another one
     */
    public static byte[] damaged(Random random, byte[] input) {
        return of(List.of(input)).damaged(random);
    }

    private byte[] damaged(Random random) {
        byte[] input = pick(random, valid);
        for (int i = random.nextInt(MOST_MUTATIONS); i >= 0; i--) {
            int from = random.nextInt(input.length + 1);
            int to = Math.min(input.length, from + random.nextInt(LONGEST_RANGE));
            input = switch (random.nextInt(6)) {
                case 0 -> replaced(input, from, to, new byte[] {(byte) random.nextInt()});
                case 1 -> replaced(input, from, to, new byte[0]);
                case 2 -> replaced(input, from, from, Arrays.copyOfRange(input, from, to));
                case 3 -> replaced(input, from, to, part(random, pick(random, valid)));
                case 4 -> flipped(input, random);
                default -> replaced(input, from, random.nextBoolean() ? from : to, pick(random, words));
            };
        }
        return input.length > LARGEST_INPUT ? Arrays.copyOf(input, LARGEST_INPUT) : input;
    }

    private static byte[] pick(Random random, List<byte[]> some) {
        return some.get(random.nextInt(some.size()));
    }

    private static byte[] part(Random random, byte[] whole) {
        int from = random.nextInt(whole.length + 1);
        return Arrays.copyOfRange(whole, from, from + random.nextInt(whole.length - from + 1));
    }

    private static byte[] flipped(byte[] input, Random random) {
        byte[] copy = input.clone();
        if (copy.length > 0) {
            copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
        }
        return copy;
    }

    private static byte[] replaced(byte[] input, int from, int to, byte[] by) {
        byte[] result = new byte[input.length - (to - from) + by.length];
        System.arraycopy(input, 0, result, 0, from);
        System.arraycopy(by, 0, result, from, by.length);
        System.arraycopy(input, to, result, from + by.length, input.length - to);
        return result;
    }
}
