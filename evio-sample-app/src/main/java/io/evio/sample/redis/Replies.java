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
