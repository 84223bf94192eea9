package io.evio.sample.redis;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Reads Redis commands, RESP arrays and inline ones, out of an array of bytes, as redis-server 7 reads them, its limits
 * and error messages included. Arguments are ranges of an array: nothing is copied and nothing is allocated for a
 * command that came as RESP. Used again for every event.
 */
final class RespReader {

    /** A command was read: {@link #arguments} has it. */
    static final int COMMAND = 1;

    /** The bytes end before the command does. */
    static final int INCOMPLETE = 0;

    /** Not the protocol: {@link #error} says why. */
    static final int ERROR = -1;

    /** The longest inline command, and the longest count (PROTO_INLINE_MAX_SIZE). */
    static final int MAX_LINE = 64 * 1024;

    /**
     * A line of so many bytes is refused even when its end has come with it. The original reads 16 KiB at a time
     * (PROTO_IOBUF_LEN) and has seen more than {@link #MAX_LINE} without an end by then; only behind large commands are
     * its reads larger, and so its lines.
     */
    private static final int MAX_LINE_AT_ONCE = MAX_LINE + 16 * 1024;

    /** The longest argument (proto-max-bulk-len). */
    private static final long MAX_BULK = 512L * 1024 * 1024;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /**
     * The beginning of nearly all commands, looked at in one step: so few arguments, and a name so short, that either
     * has one digit.
     */
    private static final long USUAL_HEAD = 0x0a0d_30_24_0a0d_30_2aL; // *0 CR LF $0 CR LF, the last byte first

    /** Without the bits in which digits differ, and six other characters from them. */
    private static final long HEAD_MASK = ~0x0000_0f_00_0000_0f_00L;

    private final Arguments arguments = new Arguments();
    private final InlineSplitter splitter = new InlineSplitter();

    private byte[] bytes = new byte[0];
    private int position;
    private int end;

    /** The number that {@link #header} has read. */
    private long header;

    private int afterHeader;

    /** After {@link #INCOMPLETE}, how far the command was looked at, but as indexes. */
    private final LongCommand progress = new LongCommand();

    private @Nullable String error;

    /** Starts on the bytes from 0 to {@code length}. */
    void reset(byte[] input, int length) {
        arguments.trim();
        bytes = input;
        position = 0;
        end = length;
    }

    /** Returns how many bytes have been used up by the commands that were read. */
    int position() {
        return position;
    }

    /** After {@link #COMMAND}: the command, until the next one is read. */
    Arguments arguments() {
        return arguments;
    }

    /** After {@link #ERROR}: the message for the client. */
    @Nullable
    String error() {
        return error;
    }

    /** Reads the next command that has any arguments. */
    int next() {
        while (position < end) {
            arguments.clear();
            int result = bytes[position] == '*' ? array() : inline();
            if (result != COMMAND || arguments.count() > 0) {
                return result;
            }
        }
        return incomplete(0, end, end + 1);
    }

    /**
     * After {@link #INCOMPLETE}: notes in {@code command} how far the command was looked at.
     *
     * @return false when there is none
     */
    boolean suspend(LongCommand command) {
        progress.copyTo(command, position);
        return position < end;
    }

    /**
     * Looks at more of a long command, on the bytes from its {@link LongCommand#offset} on.
     *
     * @return {@link #COMMAND} when all of it is there, to be read from its start now
     */
    int resume(LongCommand command) {
        position = -command.offset;
        arguments.clear();
        int result = arguments(command.left, 0);
        if (result == INCOMPLETE) {
            suspend(command);
        }
        return result;
    }

    private int array() {
        if (end - position >= Long.BYTES) {
            long head = (long) LONGS.get(bytes, position);
            int count = (int) (head >> 8) & 0xf;
            int nameLength = (int) (head >> 40) & 0xf;
            int name = position + Long.BYTES;
            int second = name + nameLength + 2;
            if ((head & HEAD_MASK) == USUAL_HEAD && count > 0 && count <= 9 && nameLength <= 9 && second <= end) {
                arguments.add(name, nameLength);
                return arguments(count - 1, second);
            }
        }
        int result = header(position, "Protocol error: too big mbulk count string");
        if (result != COMMAND) {
            return result;
        }
        if (header > Integer.MAX_VALUE
                || (header == Decimal.INVALID && !Decimal.isLong(bytes, position + 1, afterHeader - 2))) {
            return error("Protocol error: invalid multibulk length");
        }
        return arguments((int) Math.max(header, 0), afterHeader);
    }

    /** Reads {@code count} arguments from {@code first} on. */
    private int arguments(int count, int first) {
        int at = first;
        for (int rest = count; rest > 0; rest--) {
            if (at >= end) {
                return incomplete(rest, at, at + 1);
            }
            int result = header(at, "Protocol error: too big bulk count string");
            if (result == COMMAND && bytes[at] != '$') {
                result = unexpected(at);
            }
            if (result != COMMAND) {
                progress.left = rest;
                return result;
            }
            long length = header;
            if (length < 0 || length > MAX_BULK) {
                return error("Protocol error: invalid bulk length");
            }
            // As in the original, what stands for the line's end behind an argument is not looked at.
            at = afterHeader + (int) length + 2;
            if (at > end) {
                return incomplete(rest - 1, at, at);
            }
            arguments.add(afterHeader, (int) length);
        }
        arguments.in(bytes);
        position = at;
        return COMMAND;
    }

    /**
     * Reads the line that begins at {@code at}, a character and a number: leaves the number, or
     * {@link Decimal#INVALID}, in {@link #header} and the index behind the line in {@link #afterHeader}.
     *
     * @return {@link #COMMAND} when the line is there, {@link #INCOMPLETE}, or {@link #ERROR} when it is too long
     */
    private int header(int at, String tooLong) {
        byte[] line = bytes;
        if (at + 4 < end) {
            // Nearly all numbers have one digit or two: what differs from '0' by more than 9 is none.
            int digits = (int) INTS.get(line, at + 1) ^ 0x3030;
            int first = digits & 0xff;
            int second = digits >> 8 & 0xff;
            if (first <= 9) {
                if (second == ('\r' ^ '0')) {
                    header = first;
                    afterHeader = at + 4;
                    return COMMAND;
                }
                if (first > 0 && second <= 9 && (digits >> 16 & 0xff) == '\r') {
                    header = first * 10L + second;
                    afterHeader = at + 5;
                    return COMMAND;
                }
            }
        }
        int lineEnd = lineEnd(line, at, end, (byte) '\r');
        if (lineEnd == end || line[lineEnd] == 0) {
            return end - at > MAX_LINE ? error(tooLong) : incompleteLine(at, lineEnd, (byte) '\r');
        }
        if (lineEnd - at >= MAX_LINE_AT_ONCE) {
            return error(tooLong);
        }
        if (lineEnd + 1 == end) {
            return incompleteLine(at, lineEnd, (byte) '\r');
        }
        header = Decimal.parse(line, at + 1, lineEnd);
        // Any byte does for the line feed.
        afterHeader = lineEnd + 2;
        return COMMAND;
    }

    private int inline() {
        int newline = lineEnd(bytes, position, end, (byte) '\n');
        boolean noEnd = newline == end || bytes[newline] == 0;
        if (newline - position >= MAX_LINE_AT_ONCE || (noEnd && end - position > MAX_LINE)) {
            return error("Protocol error: too big inline request");
        }
        if (noEnd) {
            return incompleteLine(position, newline, (byte) '\n');
        }
        int lineEnd = newline > position && bytes[newline - 1] == '\r' ? newline - 1 : newline;
        if (!splitter.split(bytes, position, lineEnd, arguments)) {
            return error("Protocol error: unbalanced quotes in request");
        }
        position = newline + 1;
        return COMMAND;
    }

    /**
     * The index of the byte by which a line ends, or of a NUL byte, at which the original stops looking, as strchr(3)
     * does; or {@code to}.
     */
    static int lineEnd(byte[] bytes, int from, int to, byte endsBy) {
        int at = from;
        while (at < to && bytes[at] != endsBy && bytes[at] != 0) {
            at++;
        }
        return at;
    }

    private int incompleteLine(int line, int scannedTo, byte endedBy) {
        progress.waitsForLine(line, scannedTo, endedBy, end);
        return INCOMPLETE;
    }

    private int incomplete(int argumentsLeft, int nextArgument, int until) {
        progress.waitsForArgument(argumentsLeft, nextArgument, until);
        return INCOMPLETE;
    }

    private int error(String message) {
        error = message;
        return ERROR;
    }

    /** Something else than a dollar sign is at {@code at}. */
    private int unexpected(int at) {
        byte found = bytes[at];
        if (found == 0) {
            // Where the original does not find the line's end, see header.
            return end - at > MAX_LINE
                    ? error("Protocol error: too big bulk count string")
                    : incompleteLine(at, at, (byte) '\r');
        }
        // A line's end in the message would end the reply: the original puts spaces instead.
        char shown = found == '\r' || found == '\n' ? ' ' : (char) (found & 0xff);
        return error("Protocol error: expected '$', got '" + shown + "'");
    }
}
