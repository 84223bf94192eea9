package io.evio.bench.peers;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes to be sent; used again for every event. */
final class Reply {

    private byte[] bytes = new byte[1024];
    private int length;

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    byte[] bytes() {
        return bytes;
    }

    int length() {
        return length;
    }

    void clear() {
        length = 0;
    }

    void write(byte[] from) {
        write(from, 0, from.length);
    }

    void write(byte[] from, int offset, int count) {
        if (count > bytes.length - length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
        }
        System.arraycopy(from, offset, bytes, length, count);
        length += count;
    }

    void write(int b) {
        if (length == bytes.length) {
            bytes = Arrays.copyOf(bytes, bytes.length * 2);
        }
        bytes[length++] = (byte) b;
    }

    void writeDecimal(int n) {
        if (n >= 10) {
            writeDecimal(n / 10);
        }
        write('0' + n % 10);
    }
}
