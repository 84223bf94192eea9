package io.evio.internal.tls;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The first message of a client, read only as far as the server name goes (RFC 8446, 4.1.2 and RFC 6066, 3). Anything
 * that is odd counts as no name: the engine is the one to refuse it.
 */
final class ClientHello {

    /** More than this is no hello that a name is looked for in. */
    static final int LONGEST = 16 * 1024;

    /** Records that one hello may be spread over; a large one takes two. */
    private static final int MOST_RECORDS = 16;

    private static final int HEADER = 5;
    private static final int HANDSHAKE_RECORD = 22;
    private static final int CLIENT_HELLO = 1;
    private static final int SERVER_NAME = 0;
    private static final int HOST_NAME = 0;
    private static final int LONGEST_NAME = 255;

    private static final ClientHello WITHOUT_NAME = new ClientHello(null);

    /** The name in lower case; null when there is none. */
    final @Nullable String serverName;

    private ClientHello(@Nullable String serverName) {
        this.serverName = serverName;
    }

    /**
     * Reads the hello at the start of the bytes.
     *
     * @return null while it is incomplete, and may still become one
     */
    static @Nullable ClientHello parse(byte[] bytes, int length) {
        byte[] message = new byte[0];
        int have = 0;
        int position = 0;
        for (int record = 0; record < MOST_RECORDS; record++) {
            if (length - position >= 1 && bytes[position] != HANDSHAKE_RECORD) {
                return WITHOUT_NAME;
            }
            if (length - position < HEADER) {
                return incomplete(length);
            }
            int size = number(bytes, position + 3, 2);
            if (size == 0 || position + size > LONGEST) {
                return WITHOUT_NAME;
            }
            position += HEADER;
            if (length - position < size) {
                return incomplete(length);
            }
            message = Arrays.copyOf(message, have + size);
            System.arraycopy(bytes, position, message, have, size);
            have += size;
            position += size;
            if (message[0] != CLIENT_HELLO) {
                return WITHOUT_NAME;
            }
            if (have >= 4 && have >= 4 + number(message, 1, 3)) {
                return new ClientHello(new Reader(message, 4, 4 + number(message, 1, 3)).serverName());
            }
        }
        return WITHOUT_NAME;
    }

    private static @Nullable ClientHello incomplete(int length) {
        return length > LONGEST ? WITHOUT_NAME : null;
    }

    private static int number(byte[] bytes, int offset, int size) {
        int number = 0;
        for (int i = offset; i < offset + size; i++) {
            number = number << 8 | bytes[i] & 0xff;
        }
        return number;
    }

    /** Reads a range of a complete message; what goes beyond the range ends it. */
    private static final class Reader {

        private final byte[] bytes;
        private int position;
        private final int end;

        Reader(byte[] bytes, int position, int end) {
            this.bytes = bytes;
            this.position = position;
            this.end = end;
        }

        @Nullable
        String serverName() {
            boolean whole = skip(2 + 32) && skipVector(1) && skipVector(2) && skipVector(1);
            Reader extensions = whole ? vector(2) : null;
            while (extensions != null && extensions.left() >= 4) {
                int type = extensions.number(2);
                Reader body = extensions.vector(2);
                if (body == null) {
                    return null;
                }
                if (type == SERVER_NAME) {
                    return body.hostName();
                }
            }
            return null;
        }

        private @Nullable String hostName() {
            Reader names = vector(2);
            if (names == null || names.left() < 1 || names.number(1) != HOST_NAME) {
                return null;
            }
            Reader name = names.vector(2);
            if (name == null || name.left() == 0 || name.left() > LONGEST_NAME) {
                return null;
            }
            String text = new String(name.bytes, name.position, name.left(), StandardCharsets.ISO_8859_1);
            return text.chars().allMatch(ClientHello::isOfName) ? text.toLowerCase(Locale.ROOT) : null;
        }

        private int left() {
            return end - position;
        }

        private boolean skip(int count) {
            position += count;
            return position <= end;
        }

        private int number(int size) {
            int number = ClientHello.number(bytes, position, size);
            position += size;
            return number;
        }

        private boolean skipVector(int lengthSize) {
            return vector(lengthSize) != null;
        }

        /** Returns what follows with its length in front; null when it goes beyond the end. */
        private @Nullable Reader vector(int lengthSize) {
            if (left() < lengthSize) {
                return null;
            }
            int length = number(lengthSize);
            if (length > left()) {
                return null;
            }
            Reader vector = new Reader(bytes, position, position + length);
            position += length;
            return vector;
        }
    }

    private static boolean isOfName(int c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_';
    }
}
