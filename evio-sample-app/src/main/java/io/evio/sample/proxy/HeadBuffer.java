package io.evio.sample.proxy;

/** Collects the bytes of one head at a time, to be written and kept in one piece. Used again for every head. */
final class HeadBuffer {

    private static final int MAX_DIGITS = 20;

    private byte[] bytes = new byte[4096];
    private int length;

    void clear() {
        length = 0;
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    void append(char ascii) {
        makeRoom(1);
        bytes[length++] = (byte) ascii;
    }

    void append(byte[] source) {
        append(source, 0, source.length);
    }

    void append(byte[] source, int from, int to) {
        makeRoom(to - from);
        System.arraycopy(source, from, bytes, length, to - from);
        length += to - from;
    }

    /** @param number not negative */
    void appendDecimal(long number) {
        makeRoom(MAX_DIGITS);
        int digits = 1;
        for (long rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        length += digits;
        int at = length;
        long rest = number;
        for (int i = 0; i < digits; i++) {
            bytes[--at] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
    }

    private void makeRoom(int more) {
        if (more > bytes.length - length) {
            byte[] larger = new byte[Math.max(bytes.length * 2, length + more)];
            System.arraycopy(bytes, 0, larger, 0, length);
            bytes = larger;
        }
    }
}
