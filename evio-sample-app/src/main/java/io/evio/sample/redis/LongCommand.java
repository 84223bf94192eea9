package io.evio.sample.redis;

/**
 * The progress in a command that is still arriving: with it a value of many megabytes, a command of many thousand
 * arguments, or a line that comes byte by byte is looked at once and not again with every piece. Attached to its
 * connection.
 */
final class LongCommand {

    /** The number of arguments still to come behind {@link #offset}; -1 while not even its first line is there. */
    int left;

    /** The start of the next of them, present or not, counted from the command's first byte. */
    int offset;

    /**
     * The position up to which the line that begins at {@link #offset} was searched for its end; -1 when there is none.
     */
    int scanned;

    /** The byte that ends it. */
    private byte endsBy;

    /** The number of bytes of the command that must be there before there is anything new to see. */
    int needed;

    /** The next argument, or its bytes up to {@code until}, are not there. */
    void waitsForArgument(int argumentsLeft, int at, int until) {
        left = argumentsLeft;
        offset = at;
        scanned = -1;
        needed = until;
    }

    /** The end of the line that begins at {@code line} is not there, nor anything behind {@code end}. */
    void waitsForLine(int line, int scannedTo, byte endedBy, int end) {
        left = -1;
        offset = line;
        scanned = scannedTo;
        endsBy = endedBy;
        needed = end + 1;
    }

    /** Copies it, counting from that byte. */
    void copyTo(LongCommand command, int firstByte) {
        command.left = left;
        command.offset = offset - firstByte;
        command.scanned = scanned < 0 ? -1 : scanned - firstByte;
        command.endsBy = endsBy;
        command.needed = needed - firstByte;
    }

    /**
     * Looks for the end of the line, in the first {@code length} of these bytes, which begin at {@link #scanned}.
     *
     * @return whether there is anything to be said of the line now: that it is there, or too long
     */
    boolean lineEnds(byte[] bytes, int length) {
        int available = scanned + length;
        int end = RespReader.lineEnd(bytes, 0, length, endsBy);
        boolean isThere = end < length && bytes[end] != 0;
        scanned += end;
        // Behind a NUL byte no end is found any more.
        needed = (end < length && !isThere ? offset + RespReader.MAX_LINE : available) + 1;
        return isThere || available - offset > RespReader.MAX_LINE;
    }
}
