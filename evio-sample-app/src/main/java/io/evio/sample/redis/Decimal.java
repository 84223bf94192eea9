package io.evio.sample.redis;

import java.util.Arrays;

/** Decimal numbers as redis-server accepts them: no plus sign, no leading zeros, no more than a long holds. */
final class Decimal {

    /**
     * The result of {@link #parse} for something that is no number, and for the smallest long: {@link #isLong} tells.
     */
    static final long INVALID = Long.MIN_VALUE;

    /** The longest: the smallest long. */
    static final int MAX_LENGTH = 20;

    private static final byte[] SMALLEST = Replies.ascii(Long.toString(Long.MIN_VALUE));

    private Decimal() {}

    static boolean isLong(byte[] bytes, int from, int to) {
        return parse(bytes, from, to) != INVALID || Arrays.equals(bytes, from, to, SMALLEST, 0, SMALLEST.length);
    }

    /** The number in the range, or {@link #INVALID}. */
    static long parse(byte[] bytes, int from, int to) {
        int i = from;
        boolean negative = i < to && bytes[i] == '-';
        if (negative) {
            i++;
        }
        int digits = to - i;
        if (digits <= 0 || digits > 19 || (bytes[i] == '0' && (digits > 1 || negative))) {
            return INVALID;
        }
        // Nineteen digits go beyond a long at the most once, and are negative then.
        long number = 0;
        for (; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return INVALID;
            }
            number = number * 10 + digit;
        }
        if (number < 0) {
            return INVALID;
        }
        return negative ? -number : number;
    }

    /** Returns how many characters the number takes. */
    static int length(long number) {
        int length = number < 0 ? 2 : 1;
        for (long rest = number / 10; rest != 0; rest /= 10) {
            length++;
        }
        return length;
    }

    /** Writes the number, of that {@link #length}, from {@code at} on. */
    static void write(long number, int length, byte[] target, int at) {
        long rest = number;
        int first = at;
        if (number < 0) {
            target[first++] = '-';
        }
        for (int i = at + length - 1; i >= first; i--) {
            // The remainder has the number's sign: so the smallest long, which has no opposite, is written as well.
            target[i] = (byte) ('0' + Math.abs((int) (rest % 10)));
            rest /= 10;
        }
    }
}
