package io.evio.frame;

import java.nio.ByteBuffer;

/**
 * Finds frames that end with a sequence of bytes, such as NUL, {@code "\r\n.\r\n"} or the empty line behind an HTTP
 * head. The delimiter is not part of the content. The first one ends the frame: where {@code "aa"} delimits,
 * {@code "xaaa"} is the frame {@code "x"} and the beginning of the next one.
 *
 * <p>It remembers how far it has searched an incomplete frame: use one per connection.
 */
public final class DelimiterScanner extends TerminatedScanner {

    private final byte[] delimiter;

    private DelimiterScanner(byte[] delimiter, int maxLength) {
        super(delimiter[delimiter.length - 1], maxLength);
        this.delimiter = delimiter;
    }

    /**
     * Returns a scanner for one connection.
     *
     * @param delimiter at least one byte; copied
     * @param maxLength of the longest frame that is allowed, without its delimiter
     * @throws IllegalArgumentException when the delimiter is empty, or the maximum less than 1
     */
    public static DelimiterScanner of(byte[] delimiter, int maxLength) {
        if (delimiter.length == 0) {
            throw new IllegalArgumentException("The delimiter must have at least 1 byte, but is empty");
        }
        return new DelimiterScanner(delimiter.clone(), maxLength);
    }

    @Override
    int terminator(ByteBuffer in, int from, int at) {
        int length = delimiter.length;
        int start = at + 1 - length;
        return start >= from && matches(in, start, length - 1) ? length : 0;
    }

    @Override
    int begun(ByteBuffer in, int from, int end) {
        int length = Math.min(delimiter.length - 1, end - from);
        while (!matches(in, end - length, length)) {
            length--;
        }
        return length;
    }

    /** Tells whether the delimiter's first {@code length} bytes are at {@code start}. */
    private boolean matches(ByteBuffer in, int start, int length) {
        for (int i = 0; i < length; i++) {
            if (in.get(start + i) != delimiter[i]) {
                return false;
            }
        }
        return true;
    }
}
