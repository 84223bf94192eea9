package io.evio.sample.redis;

import io.evio.Output;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Replies that both versions of the protocol write the same; {@link Protocol} has the others. */
final class Replies {

    static final byte[] OK = ascii("+OK\r\n");
    static final byte[] PONG = ascii("+PONG\r\n");
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

    /** @param text its characters are sent as a byte each */
    static void bulk(Output out, String text) {
        out.write('$');
        out.writeDecimal(text.length());
        out.write(CRLF);
        out.writeAscii(text);
        out.write(CRLF);
    }

    /** Begins an array; its elements are the replies that follow. */
    static void array(Output out, int length) {
        out.write('*');
        out.writeDecimal(length);
        out.write(CRLF);
    }

    /** @param text one line */
    static void status(Output out, String text) {
        out.write('+');
        out.writeAscii(text);
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

    /** Returns where in the whole reply its bytes are. */
    static int bulkStart(byte[] reply) {
        int i = 1;
        while (reply[i] != '\r') {
            i++;
        }
        return i + 2;
    }

    /** Returns where in the whole reply its bytes end. */
    static int bulkEnd(byte[] reply) {
        return reply.length - CRLF.length;
    }

    /** Returns how long the reply with so many bytes is: a dollar sign, the length, and two line ends besides. */
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

    /** @param message may have what a client sent in it, and so line ends, which would end the reply: spaces instead */
    static void errorOfText(Output out, String message) {
        int end = message.length();
        while (end > 0 && (message.charAt(end - 1) == '\r' || message.charAt(end - 1) == '\n')) {
            end--;
        }
        error(out, message.substring(0, end).replace('\r', ' ').replace('\n', ' '));
    }

    /** @param message begins with a code; one line */
    static void errorWithCode(Output out, String message) {
        out.write('-');
        out.writeAscii(message);
        out.write(CRLF);
    }

    static void notAnInteger(Output out) {
        error(out, "value is not an integer or out of range");
    }

    static void invalidExpireTime(Output out, Command command) {
        error(out, "invalid expire time in '" + command.fullName + "' command");
    }

    static void wrongArity(Output out, Command command) {
        error(out, "wrong number of arguments for '" + command.fullName + "' command");
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
