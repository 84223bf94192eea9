package io.evio.sample.redis;

import io.evio.Output;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Replies as RESP2 writes them. */
final class Replies {

    static final byte[] OK = ascii("+OK\r\n");
    static final byte[] PONG = ascii("+PONG\r\n");
    static final byte[] NIL = ascii("$-1\r\n");
    private static final byte[] CRLF = ascii("\r\n");

    private Replies() {}

    static void integer(Output out, long number) {
        out.write(':');
        out.writeDecimal(number);
        out.write(CRLF);
    }

    static void bulk(Output out, byte[] bytes, int offset, int length) {
        out.write('$');
        out.writeDecimal(length);
        out.write(CRLF);
        out.write(bytes, offset, length);
        out.write(CRLF);
    }

    /** A whole reply to be, for {@code length} bytes that go in front of its last two. */
    static byte[] bulk(int length) {
        byte[] reply = new byte[bulkLength(length)];
        byte[] header = ascii("$" + length + "\r\n");
        System.arraycopy(header, 0, reply, 0, header.length);
        System.arraycopy(CRLF, 0, reply, reply.length - CRLF.length, CRLF.length);
        return reply;
    }

    /** How long the reply with so many bytes is: a dollar sign, the length, and two line ends besides. */
    static int bulkLength(int length) {
        int digits = 1;
        for (long bound = 10; length >= bound; bound *= 10) {
            digits++;
        }
        return 1 + digits + 2 + length + 2;
    }

    /** @param message without code; one line, its characters sent as a byte each */
    static void error(Output out, @Nullable String message) {
        out.writeAscii("-ERR ");
        out.writeAscii(String.valueOf(message));
        out.write(CRLF);
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
