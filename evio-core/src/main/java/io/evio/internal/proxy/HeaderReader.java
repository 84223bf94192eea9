package io.evio.internal.proxy;

import io.evio.internal.sys.AbstractSocketAddress;
import io.evio.internal.sys.IpLiteral;
import io.evio.internal.sys.SocketFile;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * Reads one header of either version, in whatever pieces it comes, and no byte behind it. What can be no header is
 * refused with the byte that shows it.
 */
final class HeaderReader {

    private static final byte[] V1 = "PROXY ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] V2 = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};

    /** The longest header of version 1, its line end included. */
    private static final int LONGEST_V1 = 107;

    private static final int COMMAND = 12;
    private static final int FAMILY = 13;
    private static final int LENGTH = 14;

    /** The field with the length of the rest of a header of version 2. */
    private static final int V2_HEAD = 16;

    private static final int LOCAL = 0x20;
    private static final int PROXY = 0x21;

    private static final int UNSPECIFIED = 0x00;
    private static final int TCP4 = 0x11;
    private static final int UDP4 = 0x12;
    private static final int TCP6 = 0x21;
    private static final int UDP6 = 0x22;
    private static final int UNIX_STREAM = 0x31;
    private static final int UNIX_DATAGRAM = 0x32;

    private static final int UNIX_PATH = 108;

    private static final SocketAddress UNNAMED = UnixDomainSocketAddress.of("");

    private final int longest;
    private byte[] bytes = new byte[0];
    private int length;

    /** @param longest the longest header of version 2 */
    HeaderReader(int longest) {
        this.longest = longest;
    }

    /** Returns how much memory holds what has come. */
    int held() {
        return bytes.length;
    }

    /** Returns whether anything has come. */
    boolean hasBegun() {
        return length > 0;
    }

    /** Returns what has come as text, for logs. */
    String text() {
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    /** Takes what belongs to the header; returns it once it is complete, and null before that. */
    @Nullable
    Header read(ByteBuffer in) throws HeaderException {
        while (in.hasRemaining()) {
            take(in, Math.min(in.remaining(), missing()));
            requireHeader();
            if (missing() == 0) {
                return isV1() ? version1() : version2();
            }
        }
        return null;
    }

    private void take(ByteBuffer in, int count) {
        if (length + count > bytes.length) {
            int whole = isV1() ? LONGEST_V1 : length < V2_HEAD ? V2_HEAD : v2Size();
            bytes = Arrays.copyOf(bytes, Math.max(whole, length + count));
        }
        in.get(bytes, length, count);
        length += count;
    }

    private boolean isV1() {
        return length > 0 && bytes[0] == V1[0];
    }

    /** Returns how many more bytes belong to it at least; 0 when it is complete. */
    private int missing() throws HeaderException {
        if (length == 0) {
            return 1;
        }
        if (!isV1()) {
            return length < V2_HEAD ? V2_HEAD - length : v2Size() - length;
        }
        if (length > 1 && bytes[length - 2] == '\r' && bytes[length - 1] == '\n') {
            return 0;
        }
        if (length == LONGEST_V1) {
            throw new HeaderException("its line does not end within " + LONGEST_V1 + " bytes");
        }
        return 1;
    }

    private int v2Size() {
        return V2_HEAD + number(LENGTH);
    }

    private int number(int at) {
        return (bytes[at] & 0xff) << 8 | bytes[at + 1] & 0xff;
    }

    /** Refuses what can no longer become a header. */
    private void requireHeader() throws HeaderException {
        byte[] first = isV1() ? V1 : V2;
        int known = Math.min(length, first.length);
        if (!Arrays.equals(bytes, 0, known, first, 0, known)) {
            throw new HeaderException("there is none");
        }
        if (isV1()) {
            return;
        }
        if (length > COMMAND && bytes[COMMAND] != LOCAL && bytes[COMMAND] != PROXY) {
            throw new HeaderException("its version and command are " + hex(COMMAND));
        }
        if (length > FAMILY && bytes[COMMAND] == PROXY) {
            int least = addressSize();
            if (length >= V2_HEAD && number(LENGTH) < least) {
                throw new HeaderException("its length is " + number(LENGTH) + ", but its addresses take " + least);
            }
        }
        if (length >= V2_HEAD && v2Size() > longest) {
            throw new HeaderException("it has " + v2Size() + " bytes, more than max-length (" + longest + ")");
        }
    }

    private String hex(int at) {
        return String.format("0x%02x", bytes[at]);
    }

    /** Returns the size of both addresses of the family. */
    private int addressSize() throws HeaderException {
        return switch (bytes[FAMILY]) {
            case UNSPECIFIED -> 0;
            case TCP4 -> 2 * (4 + 2);
            case TCP6 -> 2 * (16 + 2);
            case UNIX_STREAM -> 2 * UNIX_PATH;
            case UDP4, UDP6, UNIX_DATAGRAM ->
                throw new HeaderException("its family is " + hex(FAMILY) + ", which is one of datagrams");
            default -> throw new HeaderException("its family is " + hex(FAMILY));
        };
    }

    private Header version1() throws HeaderException {
        String line = new String(bytes, 0, length - 2, StandardCharsets.ISO_8859_1);
        if (line.equals("PROXY UNKNOWN") || line.startsWith("PROXY UNKNOWN ")) {
            return new Header(1, false, null, null, Tlvs.NONE);
        }
        String[] parts = line.split(" ", -1);
        boolean six = parts.length > 1 && parts[1].equals("TCP6");
        if (parts.length != 6 || !six && !parts[1].equals("TCP4")) {
            throw new HeaderException("it is no line of version 1");
        }
        return new Header(
                1,
                false,
                version1Address(six, parts[2], parts[4]),
                version1Address(six, parts[3], parts[5]),
                Tlvs.NONE);
    }

    private static SocketAddress version1Address(boolean six, String ip, String digits) throws HeaderException {
        byte[] address = six ? IpLiteral.ipv6(ip) : IpLiteral.ipv4(ip);
        int port = IpLiteral.decimal(digits, 65_535);
        if (address == null || port < 0) {
            throw new HeaderException(
                    address == null ? "its address is none of TCP" + (six ? "6" : "4") : "its port is none");
        }
        return address(address, port);
    }

    private static SocketAddress address(byte[] ip, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(ip), port);
        } catch (UnknownHostException e) {
            throw new AssertionError("4 or 16 bytes are always an address", e);
        }
    }

    private Header version2() throws HeaderException {
        if (bytes[COMMAND] == LOCAL) {
            // Its content is never looked at: health checks of load balancers send anything.
            return new Header(2, true, null, null, Tlvs.NONE);
        }
        Tlvs tlvs = Tlvs.of(bytes, V2_HEAD + addressSize(), length);
        requireChecksum(tlvs.checksum());
        return switch (bytes[FAMILY]) {
            case TCP4 -> new Header(2, false, inet(0, 4), inet(1, 4), tlvs);
            case TCP6 -> new Header(2, false, inet(0, 16), inet(1, 16), tlvs);
            case UNIX_STREAM -> new Header(2, false, unix(0), unix(1), tlvs);
            default -> new Header(2, false, null, null, tlvs);
        };
    }

    /** @param at where it is, with zeros in its place when it was made; negative without one */
    private void requireChecksum(int at) throws HeaderException {
        if (at < 0) {
            return;
        }
        CRC32C sum = new CRC32C();
        sum.update(bytes, 0, at);
        sum.update(new byte[Integer.BYTES]);
        sum.update(bytes, at + Integer.BYTES, length - at - Integer.BYTES);
        if ((int) sum.getValue() != ByteBuffer.wrap(bytes).getInt(at)) {
            throw new HeaderException("its checksum is wrong");
        }
    }

    /** @param place 0 for the client, 1 for where it has connected to */
    private SocketAddress inet(int place, int size) {
        int ip = V2_HEAD + place * size;
        return address(Arrays.copyOfRange(bytes, ip, ip + size), number(V2_HEAD + 2 * size + 2 * place));
    }

    private SocketAddress unix(int place) {
        int start = V2_HEAD + place * UNIX_PATH;
        boolean isAbstract = bytes[start] == 0;
        int from = isAbstract ? start + 1 : start;
        int end = from;
        while (end < start + UNIX_PATH && bytes[end] != 0) {
            end++;
        }
        if (isAbstract) {
            return end == from
                    ? UNNAMED
                    : new AbstractSocketAddress(new String(bytes, from, end - from, StandardCharsets.UTF_8));
        }
        try {
            return UnixDomainSocketAddress.of(new String(bytes, from, end - from, SocketFile.NAMES));
        } catch (InvalidPathException e) {
            // The JVM's locale has no such names.
            return UNNAMED;
        }
    }
}
