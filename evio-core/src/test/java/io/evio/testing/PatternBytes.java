package io.evio.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;

/**
 * An endless stream of bytes, each known by its position: what arrives is checked as it comes, and none of it is kept.
 * A piece that is lost, repeated or misplaced shows at its first byte.
 */
public final class PatternBytes {

    /** The most that one call takes. */
    public static final int MAX_LENGTH = 1024 * 1024;

    /** A prime, so that no power of two, such as the size of a buffer, shifts the stream onto itself. */
    private static final int PERIOD = 1_000_003;

    private static final byte[] BYTES = make();

    private PatternBytes() {}

    private static byte[] make() {
        byte[] bytes = new byte[PERIOD + MAX_LENGTH];
        new Random(1).nextBytes(bytes);
        for (int i = PERIOD; i < bytes.length; i++) {
            bytes[i] = bytes[i - PERIOD];
        }
        return bytes;
    }

    /** The bytes from a position on, as a read-only heap buffer. */
    public static ByteBuffer at(long position, int length) {
        return ByteBuffer.wrap(BYTES, (int) (position % PERIOD), length).slice().asReadOnlyBuffer();
    }

    /** The bytes from a position on, as an array of their own. */
    public static byte[] bytes(long position, int length) {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length; ) {
            int n = Math.min(MAX_LENGTH, length - done);
            at(position + done, n).get(bytes, done, n);
            done += n;
        }
        return bytes;
    }

    /** Fails unless the remaining bytes of the buffer, which stays as it is, are those from the position on. */
    public static void check(long position, ByteBuffer actual) {
        for (int done = 0; done < actual.remaining(); ) {
            int n = Math.min(MAX_LENGTH, actual.remaining() - done);
            int wrong = actual.slice(actual.position() + done, n).mismatch(at(position + done, n));
            if (wrong >= 0) {
                throw new AssertionError("The first wrong byte is number " + (position + done + wrong) + ", in "
                        + actual.remaining() + " bytes from " + position);
            }
            done += n;
        }
    }

    /** Fails unless the array is exactly so many bytes from the position on. */
    public static void check(long position, int length, byte[] actual) {
        assertThat(actual).hasSize(length);
        check(position, ByteBuffer.wrap(actual));
    }
}
