package io.evio.sample.redis;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads Redis commands, RESP arrays and inline ones, out of an array of bytes, as redis-server 7 reads them, its limits and error
 * messages included. Arguments are ranges of an array: nothing is copied and nothing is allocated for a command that came
 * as RESP. Used again for every event.
 */
final class RespReader {

    /** A command was read: its arguments are there. */
    static final int COMMAND = 1;

    /** The bytes end before the command does: {@link #needed} says how many there must be at least. */
    static final int INCOMPLETE = 0;

    /** Not the protocol: {@link #error} says why. */
    static final int ERROR = -1;

    /** The longest inline command, and the longest count (PROTO_INLINE_MAX_SIZE). */
    private static final int MAX_LINE = 64 * 1024;

    /** The longest argument (proto-max-bulk-len). */
    private static final long MAX_BULK = 512L * 1024 * 1024;

    /** The shortest argument there is, {@code $0\r\n\r\n}. */
    private static final int SHORTEST_BULK = 6;

    /** What {@link #number} returns for something that is no number. */
    private static final long INVALID = Long.MIN_VALUE;

    private byte[] bytes = new byte[0];
    private int position;
    private int end;

    private byte[] source = bytes;
    private int count;
    private int[] starts = new int[16];
    private int[] lengths = new int[16];
    private byte @Nullable [] unquoted;

    /** What {@link #header} has read. */
    private long header;

    private int afterHeader;

    private final InlineSplitter.Sink sink = this::argument;

    private int needed;
    private @Nullable String error;

    /** Starts on the bytes from 0 to {@code length}. */
    void reset(byte[] input, int length) {
        bytes = input;
        position = 0;
        end = length;
    }

    /** How many bytes have been used up by the commands that were read. */
    int position() {
        return position;
    }

    /** After {@link #INCOMPLETE}: the least length, from {@link #position}, with which it is worth trying again. */
    int needed() {
        return needed;
    }

    /** After {@link #ERROR}: the message for the client. */
    @Nullable
    String error() {
        return error;
    }

    /** How many arguments the command has, its name included. */
    int count() {
        return count;
    }

    /** The array that the arguments are ranges of. */
    byte[] source() {
        return source;
    }

    int start(int argument) {
        return starts[argument];
    }

    int length(int argument) {
        return lengths[argument];
    }

    /** Reads the next command that has any arguments. */
    int next() {
        while (position < end) {
            count = 0;
            int result = bytes[position] == '*' ? array() : inline();
            if (result != COMMAND || count > 0) {
                return result;
            }
        }
        needed = 1;
        return INCOMPLETE;
    }

    private int array() {
        int result = header(position, "Protocol error: too big mbulk count string");
        if (result != COMMAND) {
            return result == ERROR ? ERROR : incomplete(end + 1L);
        }
        long arguments = header;
        if (arguments == INVALID || arguments > Integer.MAX_VALUE) {
            return error("Protocol error: invalid multibulk length");
        }
        for (long left = arguments; left > 0; left--) {
            int at = afterHeader;
            if (at >= end) {
                return incomplete(at + left * SHORTEST_BULK);
            }
            result = header(at, "Protocol error: too big bulk count string");
            if (result != COMMAND) {
                return result == ERROR ? ERROR : incomplete(Math.max(end + 1L, at + left * SHORTEST_BULK));
            }
            if (bytes[at] != '$') {
                return unexpected(at);
            }
            long length = header;
            if (length < 0 || length > MAX_BULK) {
                return error("Protocol error: invalid bulk length");
            }
            int start = afterHeader;
            if (end - start < length + 2) {
                return incomplete(start + length + 2 + (left - 1) * SHORTEST_BULK);
            }
            argument(start, (int) length);
            // As in the original, what stands for the line's end behind an argument is not looked at.
            afterHeader = start + (int) length + 2;
        }
        source = bytes;
        position = afterHeader;
        return COMMAND;
    }

    /**
     * Reads the line that begins at {@code at}, a character and a number: leaves the number, or {@link #INVALID}, in
     * {@link #header} and the index behind the line in {@link #afterHeader}.
     *
     * @return {@link #COMMAND} when the line is there, {@link #INCOMPLETE}, or {@link #ERROR} when it is too long
     */
    private int header(int at, String tooLong) {
        byte[] line = bytes;
        if (at + 4 < end) {
            // Nearly all numbers have one digit or two.
            int first = line[at + 1] - '0';
            if (first >= 0 && first <= 9) {
                if (line[at + 2] == '\r') {
                    header = first;
                    afterHeader = at + 4;
                    return COMMAND;
                }
                int second = line[at + 2] - '0';
                if (line[at + 3] == '\r' && first > 0 && second >= 0 && second <= 9) {
                    header = first * 10L + second;
                    afterHeader = at + 5;
                    return COMMAND;
                }
            }
        }
        int lineEnd = lineEnd(at, tooLong);
        if (lineEnd < 0) {
            return lineEnd == ERROR ? ERROR : INCOMPLETE;
        }
        header = number(at + 1, lineEnd);
        afterHeader = lineEnd + 2;
        return COMMAND;
    }

    private void argument(int start, int length) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        starts[count] = start;
        lengths[count++] = length;
    }

    /**
     * Where the line that starts at {@code begin} ends: at a carriage return with any byte behind it. As strchr(3) does,
     * the original stops looking at a NUL byte.
     *
     * @return {@link #ERROR} when it is too long, or -2 when its end is not there
     */
    private int lineEnd(int begin, String tooLong) {
        int i = begin;
        while (i < end && bytes[i] != '\r' && bytes[i] != 0) {
            i++;
        }
        if (i < end && bytes[i] == '\r') {
            return i + 1 < end ? i : -2;
        }
        return end - begin > MAX_LINE ? error(tooLong) : -2;
    }

    /** A decimal number as redis-server accepts it: no plus sign, no leading zeros, no more than a long holds. */
    private long number(int from, int to) {
        int i = from;
        boolean negative = i < to && bytes[i] == '-';
        if (negative) {
            i++;
        }
        int digits = to - i;
        if (digits <= 0 || digits > 19 || (bytes[i] == '0' && (digits > 1 || negative))) {
            return INVALID;
        }
        long number = 0;
        for (; i < to; i++) {
            int digit = bytes[i] - '0';
            if (digit < 0 || digit > 9) {
                return INVALID;
            }
            number = number * 10 + digit;
        }
        if (number < 0) {
            // More than a long holds; the one number that is lost with it, the smallest, is as wrong as any here.
            return INVALID;
        }
        return negative ? -number : number;
    }

    private int inline() {
        int newline = position;
        // As strchr(3) does, the original stops looking at a NUL byte.
        while (newline < end && bytes[newline] != '\n' && bytes[newline] != 0) {
            newline++;
        }
        if (newline == end || bytes[newline] == 0) {
            return end - position > MAX_LINE ? error("Protocol error: too big inline request") : incomplete(end + 1);
        }
        int lineEnd = newline > position && bytes[newline - 1] == '\r' ? newline - 1 : newline;
        byte[] target = unquoted;
        if (target == null || target.length < lineEnd - position + Integer.BYTES) {
            // With room for an int behind any argument, as there is in the line itself.
            target = new byte[Math.max(1024, lineEnd - position) + Integer.BYTES];
            unquoted = target;
        }
        if (!InlineSplitter.split(bytes, position, lineEnd, target, sink)) {
            return error("Protocol error: unbalanced quotes in request");
        }
        source = target;
        position = newline + 1;
        return COMMAND;
    }

    private int incomplete(long until) {
        // More than may ever be unread is cut to what an int holds: it will not come anyway.
        needed = (int) Math.min(Integer.MAX_VALUE, until - position);
        return INCOMPLETE;
    }

    private int error(String message) {
        error = message;
        return ERROR;
    }

    private int unexpected(int at) {
        byte found = bytes[at];
        if (found == 0) {
            // Where the original does not find the line's end, see lineEnd.
            return end - at > MAX_LINE ? error("Protocol error: too big bulk count string") : incomplete(end + 1L);
        }
        // A line's end in the message would end the reply: the original puts spaces instead.
        char shown = found == '\r' || found == '\n' ? ' ' : (char) (found & 0xff);
        return error("Protocol error: expected '$', got '" + shown + "'");
    }
}
