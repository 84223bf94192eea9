package io.evio.internal.sys;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The {@code sockaddr} structures of ip(7), ipv6(7) and unix(7): into native memory and back.
 *
 * <p>On Linux a structure starts with a 16-bit family in the machine's byte order; on the BSDs and macOS with a length
 * byte and an 8-bit family. The rest is the same, ports and addresses in network order.
 */
final class SocketAddresses {

    /** Room for the largest of them, as {@code sockaddr_storage} has. */
    static final int SIZE = 128;

    private static final int INET_SIZE = 16;
    private static final int INET6_SIZE = 28;
    /** The offset of {@code sun_path}. */
    static final int UNIX_PATH = 2;

    private final SocketConstants constants;

    SocketAddresses(SocketConstants constants) {
        this.constants = constants;
    }

    /** The bytes that a unix path may have, its terminating NUL not counted. */
    int maxPath() {
        return constants.sunPath - 1;
    }

    /** The address family, for socket(2). */
    int family(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet)) {
            return SocketConstants.AF_UNIX;
        }
        return inet.getAddress() instanceof Inet4Address ? SocketConstants.AF_INET : constants.afInet6;
    }

    /**
     * Writes the structure at the start of {@code out}.
     *
     * @return its length in bytes, or {@code -ENAMETOOLONG} for a unix path or name that does not fit
     */
    int encode(SocketAddress address, ByteBuffer out) {
        out.clear();
        if (address instanceof UnixDomainSocketAddress unix) {
            byte[] path = unix.getPath().toString().getBytes(SocketFile.NAMES);
            return encodeUnix(Arrays.copyOf(path, path.length + 1), out);
        }
        if (address instanceof AbstractSocketAddress unix) {
            // The NUL comes first, and the length says where the name ends; the encoding is nobody's but ours.
            return encodeUnix(("\0" + unix.name()).getBytes(StandardCharsets.UTF_8), out);
        }
        InetSocketAddress inet = (InetSocketAddress) address;
        byte[] bytes = inet.getAddress().getAddress();
        out.putShort(2, (short) inet.getPort());
        if (inet.getAddress() instanceof Inet6Address v6) {
            header(out, constants.afInet6, INET6_SIZE);
            out.putInt(4, 0).put(8, bytes);
            out.order(ByteOrder.nativeOrder()).putInt(24, v6.getScopeId()).order(ByteOrder.BIG_ENDIAN);
            return INET6_SIZE;
        }
        header(out, SocketConstants.AF_INET, INET_SIZE);
        out.put(4, bytes).putLong(8, 0);
        return INET_SIZE;
    }

    private int encodeUnix(byte[] sunPath, ByteBuffer out) {
        if (sunPath.length > constants.sunPath) {
            return -Errno.ENAMETOOLONG;
        }
        int length = UNIX_PATH + sunPath.length;
        header(out, SocketConstants.AF_UNIX, length);
        out.put(UNIX_PATH, sunPath);
        return length;
    }

    /** Reads the structure at the start of {@code in}, as accept(2) and getsockname(2) leave it. */
    void decode(ByteBuffer in, PeerAddress out) {
        int family = constants.lengthByte
                ? in.get(1)
                : in.order(ByteOrder.nativeOrder()).getShort(0);
        in.order(ByteOrder.BIG_ENDIAN);
        if (family == SocketConstants.AF_INET) {
            out.high = 0;
            out.low = PeerAddress.MAPPED | Integer.toUnsignedLong(in.getInt(4));
            out.portAndScope = in.getShort(2) & 0xffff;
        } else if (family == constants.afInet6) {
            out.high = in.getLong(8);
            out.low = in.getLong(16);
            int scope = in.order(ByteOrder.nativeOrder()).getInt(24);
            in.order(ByteOrder.BIG_ENDIAN);
            out.portAndScope = in.getShort(2) & 0xffff | scope << 16;
        } else {
            out.portAndScope = PeerAddress.UNIX;
        }
    }

    private void header(ByteBuffer out, int family, int length) {
        if (constants.lengthByte) {
            out.put(0, (byte) length).put(1, (byte) family);
        } else {
            out.order(ByteOrder.nativeOrder()).putShort(0, (short) family).order(ByteOrder.BIG_ENDIAN);
        }
    }
}
