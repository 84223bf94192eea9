package io.evio.sample.redis;

/** Decimal numbers as redis-server accepts them: no plus sign, no leading zeros, no more than a long holds. */
final class Decimal {

    /** What {@link #parse} returns for something that is no number. */
    static final long INVALID = Long.MIN_VALUE;

    private Decimal() {}

    /** The number in the range; for the smallest long, which is {@link #INVALID}, one more. */
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
            return negative && number == Long.MIN_VALUE ? Long.MIN_VALUE + 1 : INVALID;
        }
        return negative ? -number : number;
    }
}
