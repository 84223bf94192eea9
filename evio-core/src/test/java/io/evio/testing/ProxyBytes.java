package io.evio.testing;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Makes headers of version 2 of the PROXY protocol, right ones and wrong ones. */
public final class ProxyBytes {

    public static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};

    public static final int LOCAL = 0x20;
    public static final int PROXY = 0x21;

    public static final int UNSPECIFIED = 0x00;
    public static final int TCP4 = 0x11;
    public static final int TCP6 = 0x21;
    public static final int UNIX = 0x31;

    private ProxyBytes() {}

    public static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    public static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** A header with whatever follows its length. */
    public static byte[] version2(int command, int family, byte[]... parts) {
        byte[] rest = join(parts);
        return ByteBuffer.allocate(16 + rest.length)
                .put(SIGNATURE)
                .put((byte) command)
                .put((byte) family)
                .putShort((short) rest.length)
                .put(rest)
                .array();
    }

    /** The addresses of a header of TCP, whose family is that of the first one. */
    public static byte[] tcp(String from, int fromPort, String to, int toPort) {
        byte[] ports = ByteBuffer.allocate(4)
                .putShort((short) fromPort)
                .putShort((short) toPort)
                .array();
        return join(ip(from), ip(to), ports);
    }

    private static byte[] ip(String literal) {
        try {
            return InetAddress.getByName(literal).getAddress();
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(literal, e);
        }
    }

    /** The addresses of a header of unix sockets. */
    public static byte[] unix(String from, String to) {
        return join(Arrays.copyOf(ascii(from), 108), Arrays.copyOf(ascii(to), 108));
    }

    public static byte[] tlv(int type, byte[]... parts) {
        byte[] value = join(parts);
        return join(new byte[] {(byte) type, (byte) (value.length >> 8), (byte) value.length}, value);
    }

    /** The header with a checksum behind everything else. */
    public static byte[] withChecksum(byte[] header) {
        byte[] longer = join(header, tlv(0x03, new byte[4]));
        ByteBuffer buffer = ByteBuffer.wrap(longer).putShort(14, (short) (longer.length - 16));
        CRC32C sum = new CRC32C();
        sum.update(longer);
        buffer.putInt(longer.length - 4, (int) sum.getValue());
        return longer;
    }
}
