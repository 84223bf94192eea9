package io.evio.testing;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;

/** Reads a pattern in pieces of any size, and checks it as it comes. */
public final class OddReader {

    private OddReader() {}

    /** Reads so many bytes of the pattern from a position on; fails at the first wrong one, or at an early end. */
    public static void read(Client client, long position, long count) throws IOException {
        Random random = new Random(count);
        ByteBuffer buffer = ByteBuffer.allocateDirect(300 * 1024);
        long done = 0;
        while (done < count) {
            int size = random.nextInt(4) == 0 ? 1 + random.nextInt(100) : 1 + random.nextInt(buffer.capacity());
            buffer.clear().limit((int) Math.min(size, count - done));
            int n = client.readSome(buffer);
            if (n < 0) {
                throw new AssertionError("The input ends after " + done + " of " + count + " bytes");
            }
            PatternBytes.check(position + done, buffer.flip());
            done += n;
        }
    }
}
