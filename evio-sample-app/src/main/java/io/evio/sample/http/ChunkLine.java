package io.evio.sample.http;

/**
 * Reads the line in front of a chunk, its size and extensions, by the grammar of RFC 9112, 7.1 and 7.1.1. Extensions
 * mean nothing to this server, but have to be right. Remembers where in the line it is, so that it looks at every byte
 * once, in whatever pieces the line comes.
 */
final class ChunkLine {

    private enum Part {
        SIZE,
        /** Blanks behind a size or a value, which only a semicolon may end. */
        BLANKS,
        NAME_START,
        NAME,
        /** Blanks behind a name, which a semicolon or an equals sign may end. */
        NAME_BLANKS,
        VALUE_START,
        TOKEN,
        QUOTED,
        /** Behind a backslash. */
        QUOTED_PAIR,
        QUOTED_END,
        LINE_FEED,
        COMPLETE,
        MALFORMED
    }

    /** Bits of a size, so that it can be added to another one in a long. */
    private static final int SIZE_BITS = 60;

    /** Digits of a size with its leading zeros, of which no sender needs so many. */
    private static final int MOST_DIGITS = 256;

    private final int mostExtensions;

    private Part part = Part.SIZE;
    private long size;
    private int digits;

    /** Bytes of all extensions of a body so far, and of what is around them. */
    private int extensions;

    private int position;

    /** @param mostExtensions bytes that the extensions of all chunks of a body may have together */
    ChunkLine(int mostExtensions) {
        this.mostExtensions = mostExtensions;
    }

    /** Begins with the first line of a body. */
    void beginBody() {
        extensions = 0;
        begin();
    }

    /** Begins with a further line. */
    void begin() {
        part = Part.SIZE;
        size = 0;
        digits = 0;
    }

    /** Returns the chunk's size, below 2^60, once the line is complete. */
    long size() {
        return size;
    }

    /** Returns how far the bytes have been used up, after each {@link #read}. */
    int position() {
        return position;
    }

    /**
     * Goes on with the line, whose next byte is at {@code from}.
     *
     * @return false when the bytes, to {@code to}, end before the line does
     */
    boolean read(byte[] bytes, int from, int to) throws Refused {
        position = from;
        while (part != Part.COMPLETE && position < to) {
            byte b = bytes[position++];
            if (part == Part.SIZE && Ascii.hexDigit(b) >= 0) {
                addDigit(Ascii.hexDigit(b));
            } else if (part == Part.SIZE && digits == 0) {
                throw Refused.bad("no chunk size");
            } else {
                goOn(b);
            }
        }
        return part == Part.COMPLETE;
    }

    private void addDigit(int digit) throws Refused {
        size = size << 4 | digit;
        if (size >> SIZE_BITS != 0 || ++digits > MOST_DIGITS) {
            throw Refused.bad("too large a chunk size");
        }
    }

    private void goOn(byte b) throws Refused {
        part = next(part, b);
        if (part == Part.MALFORMED) {
            throw Refused.bad("neither a chunk extension nor a line end behind a chunk size");
        }
        if (part != Part.LINE_FEED && part != Part.COMPLETE && ++extensions > mostExtensions) {
            throw Refused.bad("too large chunk extensions");
        }
    }

    /** Returns the part that a byte leads to, which is no digit of the size. */
    private static Part next(Part part, byte b) {
        return switch (part) {
            case SIZE, QUOTED_END -> end(b, Part.BLANKS);
            case BLANKS -> b == '\r' ? Part.MALFORMED : end(b, Part.BLANKS);
            case NAME_START -> Ascii.isBlank(b) ? Part.NAME_START : start(b, Part.NAME);
            case NAME -> Ascii.is(Ascii.TOKEN, b) ? Part.NAME : b == '=' ? Part.VALUE_START : end(b, Part.NAME_BLANKS);
            case NAME_BLANKS -> b == '=' ? Part.VALUE_START : b == '\r' ? Part.MALFORMED : end(b, Part.NAME_BLANKS);
            case VALUE_START -> Ascii.isBlank(b) ? Part.VALUE_START : b == '"' ? Part.QUOTED : start(b, Part.TOKEN);
            case TOKEN -> Ascii.is(Ascii.TOKEN, b) ? Part.TOKEN : end(b, Part.BLANKS);
            case QUOTED -> b == '"' ? Part.QUOTED_END : b == '\\' ? Part.QUOTED_PAIR : quoted(b);
            case QUOTED_PAIR -> quoted(b);
            case LINE_FEED -> b == '\n' ? Part.COMPLETE : Part.MALFORMED;
            case COMPLETE, MALFORMED -> Part.MALFORMED;
        };
    }

    /** The first character of a token. */
    private static Part start(byte b, Part token) {
        return Ascii.is(Ascii.TOKEN, b) ? token : Part.MALFORMED;
    }

    private static Part quoted(byte b) {
        return Ascii.is(Ascii.VALUE, b) ? Part.QUOTED : Part.MALFORMED;
    }

    /** Returns what may be behind a size, a name or a value. */
    private static Part end(byte b, Part blanks) {
        return b == ';' ? Part.NAME_START : b == '\r' ? Part.LINE_FEED : Ascii.isBlank(b) ? blanks : Part.MALFORMED;
    }
}
