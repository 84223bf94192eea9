package io.evio.sample.redis;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The arguments of one command, its name the first: ranges of somebody else's array. Used again for every command. */
final class Arguments {

    /** Room for more arguments than this is not kept for the next event. */
    private static final int MAX_KEPT = 4096;

    /** The bytes that there are behind each argument, at least, so that a short one can be compared as an int. */
    static final int ROOM = 2;

    private byte[] source = new byte[0];
    private int count;

    /** Of each argument the start in the upper half, and the length in the lower one. */
    private long[] ranges = new long[16];

    void clear() {
        count = 0;
    }

    /** Gives back the room that a command of very many arguments has taken. */
    void trim() {
        if (ranges.length > MAX_KEPT) {
            ranges = new long[16];
        }
    }

    void add(int start, int length) {
        if (count == ranges.length) {
            ranges = Arrays.copyOf(ranges, count * 2);
        }
        ranges[count++] = (long) start << Integer.SIZE | length;
    }

    /** Says which array the arguments are ranges of; it has {@link #ROOM} behind each. */
    void in(byte[] array) {
        source = array;
    }

    byte[] source() {
        return source;
    }

    int count() {
        return count;
    }

    int start(int argument) {
        return (int) (ranges[argument] >> Integer.SIZE);
    }

    int length(int argument) {
        return (int) ranges[argument];
    }

    /**
     * Returns whether the argument is this lower-case word to strcasecmp(3): in either case, and followed by a NUL or
     * nothing.
     */
    boolean is(int argument, String word) {
        int start = start(argument);
        int length = length(argument);
        if (length < word.length() || (length > word.length() && source[start + word.length()] != 0)) {
            return false;
        }
        return startsWith(start, word);
    }

    /** Returns whether the argument is this lower-case word and nothing else, in either case. */
    boolean equal(int argument, String word) {
        return length(argument) == word.length() && startsWith(start(argument), word);
    }

    private boolean startsWith(int start, String word) {
        for (int i = 0; i < word.length(); i++) {
            byte b = source[start + i];
            if ((b >= 'A' && b <= 'Z' ? b + 'a' - 'A' : b) != word.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Returns whether the argument is a number that a long holds, as redis-server takes it: see {@link Decimal}. */
    boolean isLong(int argument) {
        return Decimal.isLong(source, start(argument), start(argument) + length(argument));
    }

    /** The number that the argument {@link #isLong is}. */
    long toLong(int argument) {
        return Decimal.parse(source, start(argument), start(argument) + length(argument));
    }

    /** A copy of the argument. */
    byte[] copy(int argument) {
        return Arrays.copyOfRange(source, start(argument), start(argument) + length(argument));
    }

    /** Returns what printf(3) shows of the argument: up to the first NUL. */
    String text(int argument) {
        return text(argument, Integer.MAX_VALUE);
    }

    /** Returns what printf(3) shows of the argument: up to the first NUL, and no more than {@code most} bytes. */
    String text(int argument, int most) {
        int start = start(argument);
        int end = start;
        while (end < start + Math.min(most, length(argument)) && source[end] != 0) {
            end++;
        }
        return new String(source, start, end - start, StandardCharsets.ISO_8859_1);
    }
}
