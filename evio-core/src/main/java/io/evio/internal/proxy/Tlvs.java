package io.evio.internal.proxy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The values behind a header's addresses, each with its type and its length in front. They are checked once and read
 * when somebody asks: nothing is made of a value that nobody wants. Only those of {@link #SSL} have values inside, and
 * these have none, whatever they hold: there is nothing to recurse into (CVE-2022-41881).
 */
public final class Tlvs {

    public static final int ALPN = 0x01;
    public static final int AUTHORITY = 0x02;
    public static final int CRC32C = 0x03;
    public static final int UNIQUE_ID = 0x05;
    public static final int SSL = 0x20;
    public static final int SSL_VERSION = 0x21;
    public static final int SSL_CN = 0x22;
    public static final int SSL_CIPHER = 0x23;
    public static final int SSL_SIGNATURE_ALGORITHM = 0x24;
    public static final int SSL_KEY_ALGORITHM = 0x25;
    public static final int NETNS = 0x30;

    static final Tlvs NONE = new Tlvs(new byte[0], 0, 0);

    /** The type and the length of a value. */
    private static final int HEAD = 3;

    /**
     * The length of what precedes the values inside {@link #SSL}: a byte of flags and the result of the verification.
     */
    private static final int SSL_HEAD = 5;

    private static final int CRC_SIZE = 4;
    private static final int LONGEST_UNIQUE_ID = 128;

    private final byte[] bytes;
    private final int start;
    private final int end;

    private Tlvs(byte[] bytes, int start, int end) {
        this.bytes = bytes;
        this.start = start;
        this.end = end;
    }

    /** @throws HeaderException when the range does not consist of them, or one cannot be */
    static Tlvs of(byte[] bytes, int start, int end) throws HeaderException {
        boolean seen = false;
        for (int at = start; at < end; at = next(bytes, at)) {
            requireInside(bytes, at, end);
            int type = type(bytes, at);
            int size = size(bytes, at);
            if (type == CRC32C && (size != CRC_SIZE || seen)) {
                throw new HeaderException("it has " + (seen ? "two checksums" : "a checksum of " + size + " bytes"));
            }
            seen |= type == CRC32C;
            if (type == UNIQUE_ID && size > LONGEST_UNIQUE_ID) {
                throw new HeaderException("its unique id has " + size + " bytes, more than " + LONGEST_UNIQUE_ID);
            }
            if (type == SSL) {
                requireSsl(bytes, at);
            }
        }
        return start == end ? NONE : new Tlvs(bytes, start, end);
    }

    private static void requireSsl(byte[] bytes, int at) throws HeaderException {
        int end = next(bytes, at);
        if (size(bytes, at) < SSL_HEAD) {
            throw new HeaderException("its SSL value is too short");
        }
        for (int inner = at + HEAD + SSL_HEAD; inner < end; inner = next(bytes, inner)) {
            requireInside(bytes, inner, end);
        }
    }

    private static void requireInside(byte[] bytes, int at, int end) throws HeaderException {
        if (end - at < HEAD || next(bytes, at) > end) {
            throw new HeaderException("a value goes beyond its end");
        }
    }

    private static int type(byte[] bytes, int at) {
        return bytes[at] & 0xff;
    }

    private static int size(byte[] bytes, int at) {
        return (bytes[at + 1] & 0xff) << 8 | bytes[at + 2] & 0xff;
    }

    private static int next(byte[] bytes, int at) {
        return at + HEAD + size(bytes, at);
    }

    /** Returns where the first value of the type is; -1 without one. */
    private int find(int type) {
        for (int at = start; at < end; at = next(bytes, at)) {
            if (type(bytes, at) == type) {
                return at;
            }
        }
        return -1;
    }

    /** Returns where the four bytes of the checksum are; -1 without one. */
    int checksum() {
        int at = find(CRC32C);
        return at < 0 ? -1 : at + HEAD;
    }

    /** Returns the types, in their order. */
    public List<Integer> types() {
        List<Integer> types = new ArrayList<>();
        for (int at = start; at < end; at = next(bytes, at)) {
            types.add(type(bytes, at));
        }
        return types;
    }

    /** Returns the values, in the order of {@link #types}. */
    public List<byte[]> values() {
        List<byte[]> values = new ArrayList<>();
        for (int at = start; at < end; at = next(bytes, at)) {
            values.add(valueAt(at));
        }
        return values;
    }

    /** Returns the first value of the type; null without one. */
    public byte @Nullable [] value(int type) {
        int at = find(type);
        return at < 0 ? null : valueAt(at);
    }

    private byte[] valueAt(int at) {
        return Arrays.copyOfRange(bytes, at + HEAD, next(bytes, at));
    }

    /** Returns what the SSL value holds; null without one. */
    public @Nullable Ssl ssl() {
        int at = find(SSL);
        return at < 0
                ? null
                : new Ssl(
                        bytes[at + HEAD] & 0xff,
                        ByteBuffer.wrap(bytes).getInt(at + HEAD + 1),
                        new Tlvs(bytes, at + HEAD + SSL_HEAD, next(bytes, at)));
    }

    /**
     * The TLS of the client with the proxy.
     *
     * @param client the flags
     * @param verify 0 when a certificate was shown and is good
     * @param values those inside
     */
    public record Ssl(int client, int verify, Tlvs values) {}
}
