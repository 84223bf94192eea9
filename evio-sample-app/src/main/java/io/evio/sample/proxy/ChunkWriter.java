package io.evio.sample.proxy;

import io.evio.sample.http.Ascii;

/** Makes the line in front of a chunk: RFC 9112, 7.1. Used again for every chunk. */
final class ChunkWriter {

    static final byte[] END = Ascii.bytes("\r\n");
    static final byte[] LAST = Ascii.bytes("0\r\n");

    private static final byte[] DIGITS = Ascii.bytes("0123456789abcdef");
    private static final int MOST = 10;

    private final byte[] line = new byte[MOST];
    private int from = MOST;

    ChunkWriter() {
        line[MOST - 2] = '\r';
        line[MOST - 1] = '\n';
    }

    /** Makes the line for so many bytes, more than 0; it is in {@link #line} from {@link #from} on. */
    void size(int size) {
        from = MOST - 2;
        for (int rest = size; rest > 0; rest >>>= 4) {
            line[--from] = DIGITS[rest & 0xf];
        }
    }

    byte[] line() {
        return line;
    }

    int from() {
        return from;
    }

    int length() {
        return MOST - from;
    }
}
