package io.evio.sample.redis;

/**
 * Splits an inline command into arguments by redis-server's rules: white space between, double quotes with escapes,
 * single quotes with {@code \'} alone. Used again for every command.
 */
final class InlineSplitter {

    private byte[] line = new byte[0];
    private int at;
    private int end;

    /** The arguments, one behind the other, without their quotes. */
    private byte[] target = new byte[1024];

    private int written;

    /**
     * Splits the range of the bytes.
     *
     * @return false when quotes are unbalanced
     */
    boolean split(byte[] bytes, int from, int to, Arguments arguments) {
        line = bytes;
        at = from;
        end = to;
        written = 0;
        if (target.length < to - from + Arguments.ROOM) {
            target = new byte[to - from + Arguments.ROOM];
        }
        arguments.in(target);
        while (skipSpace()) {
            int begin = written;
            if (!argument()) {
                return false;
            }
            arguments.add(begin, written - begin);
        }
        return true;
    }

    private boolean skipSpace() {
        while (at < end && isSpace(line[at])) {
            at++;
        }
        return at < end;
    }

    private boolean argument() {
        while (at < end) {
            byte b = line[at++];
            switch (b) {
                case ' ', '\n', '\r', '\t' -> {
                    return true;
                }
                case '"' -> {
                    return doubleQuoted();
                }
                case '\'' -> {
                    return singleQuoted();
                }
                default -> target[written++] = b;
            }
        }
        return true;
    }

    private boolean doubleQuoted() {
        while (at < end) {
            byte b = line[at++];
            if (b == '"') {
                return closed();
            }
            if (b != '\\' || at == end) {
                target[written++] = b;
            } else if (line[at] == 'x' && at + 2 < end && hex(line[at + 1]) >= 0 && hex(line[at + 2]) >= 0) {
                target[written++] = (byte) (hex(line[at + 1]) << 4 | hex(line[at + 2]));
                at += 3;
            } else {
                target[written++] = unescaped(line[at++]);
            }
        }
        return false;
    }

    private boolean singleQuoted() {
        while (at < end) {
            byte b = line[at++];
            if (b == '\'') {
                return closed();
            }
            if (b == '\\' && at < end && line[at] == '\'') {
                b = line[at++];
            }
            target[written++] = b;
        }
        return false;
    }

    /** A closing quote ends its argument: white space must follow, or nothing. */
    private boolean closed() {
        return at == end || isSpace(line[at]);
    }

    private static byte unescaped(byte b) {
        return switch (b) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> b;
        };
    }

    private static int hex(byte b) {
        return b < 0 ? -1 : Character.digit(b, 16);
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }
}
