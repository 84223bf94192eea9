package io.evio.sys;

import jnr.constants.platform.AddressFamily;
import jnr.constants.platform.Fcntl;
import jnr.constants.platform.IPProto;
import jnr.constants.platform.OpenFlags;
import jnr.constants.platform.Shutdown;
import jnr.constants.platform.Sock;
import jnr.constants.platform.SocketLevel;
import jnr.constants.platform.SocketOption;
import jnr.constants.platform.TCP;

/** Constants of the C headers that differ between systems, each looked up once for the system at hand. */
final class Constants {

    static final int AF_UNIX = AddressFamily.AF_UNIX.intValue();
    static final int AF_INET = AddressFamily.AF_INET.intValue();
    static final int AF_INET6 = AddressFamily.AF_INET6.intValue();
    static final int SOCK_STREAM = Sock.SOCK_STREAM.intValue();
    static final int SOL_SOCKET = SocketLevel.SOL_SOCKET.intValue();
    static final int SO_REUSEADDR = SocketOption.SO_REUSEADDR.intValue();
    static final int SO_REUSEPORT = SocketOption.SO_REUSEPORT.intValue();
    static final int SO_KEEPALIVE = SocketOption.SO_KEEPALIVE.intValue();
    static final int IPPROTO_TCP = IPProto.IPPROTO_TCP.intValue();
    static final int IPPROTO_IPV6 = IPProto.IPPROTO_IPV6.intValue();
    static final int TCP_NODELAY = TCP.TCP_NODELAY.intValue();
    static final int TCP_KEEPIDLE = TCP.TCP_KEEPIDLE.intValue();
    static final int IPV6_V6ONLY = jnr.constants.platform.IPv6.IPV6_V6ONLY.intValue();
    static final int SHUT_WR = Shutdown.SHUT_WR.intValue();
    static final int SHUT_RDWR = Shutdown.SHUT_RDWR.intValue();
    static final int F_GETFL = Fcntl.F_GETFL.intValue();
    static final int F_SETFL = Fcntl.F_SETFL.intValue();
    static final int O_NONBLOCK = OpenFlags.O_NONBLOCK.intValue();

    private Constants() {}
}
