package io.evio.internal.sys;

import java.util.EnumSet;
import java.util.Set;

/**
 * Numbers of the C headers on which the systems disagree, and what else is different about their sockets. Our own table
 * instead of jnr-constants, which answers with made-up numbers for what it lacks: the idle time of keep-alive on macOS
 * and OpenBSD. A test holds every number against the systems' published headers.
 */
enum SocketConstants {
    // Of Linux these are the numbers of x86-64 and arm64, which are the same.
    LINUX(
            new Options(1, 2, 15, 9, 0, new Times(4, 5, 6, 18, 1), 26, 13, 4),
            10,
            0x800,
            0x800,
            0x80000,
            108,
            false,
            EnumSet.allOf(Ability.class)),
    MACOS(
            new Options(0xffff, 4, 0x200, 8, 0x1022, new Times(0x10, 0x101, 0x102, 0x80, 1000), 27, 0x80, 0x1007),
            30,
            4,
            0,
            0,
            104,
            true,
            EnumSet.of(Ability.DUAL_STACK)),
    // SO_REUSEPORT_LB: with the other one all connections go to the socket that was bound last, see setsockopt(2).
    FREEBSD(
            new Options(0xffff, 4, 0x10000, 8, 0x800, new Times(0x100, 0x200, 0x400, 68, 1000), 27, 0x80, 0x1007),
            28,
            4,
            0x20000000,
            0x10000000,
            104,
            true,
            EnumSet.of(Ability.DUAL_STACK, Ability.SPREADS)),
    OPENBSD(
            new Options(0xffff, 4, 0x200, 8, 0, new Times(0, 0, 0, 0, 1), 27, 0x80, 0x1007),
            24,
            4,
            0x4000,
            0x8000,
            104,
            true,
            EnumSet.noneOf(Ability.class));

    /** An ability that sockets have on some systems only. */
    enum Ability {
        /** An IPv6 socket can take IPv4 peers as well; on OpenBSD none ever does, see ip6(4). */
        DUAL_STACK,
        /** Of several TCP sockets on one port each gets some of the connections. */
        SPREADS,
        /** {@code TCP_INFO} with Linux's numbers and layout. */
        TCP_INFO,
        /** A bound TCP socket gets its port when it connects, see {@code IP_BIND_ADDRESS_NO_PORT} in ip(7). */
        BIND_ADDRESS_NO_PORT,
        /** fchmod(2) on a unix socket sets the mode of the file that bind(2) makes; elsewhere it is refused. */
        MODE_BEFORE_BIND,
        /** A unix socket may have a name instead of a file, see unix(7). */
        ABSTRACT
    }

    // The same everywhere.
    static final int AF_UNIX = 1;
    static final int AF_INET = 2;
    static final int SOCK_STREAM = 1;
    static final int SOCK_DGRAM = 2;
    static final int IPPROTO_TCP = 6;
    static final int IPPROTO_IPV6 = 41;
    static final int TCP_NODELAY = 1;
    static final int SHUT_WR = 1;
    static final int SHUT_RDWR = 2;
    static final int F_DUPFD = 0;
    static final int F_SETFD = 2;
    static final int F_SETFL = 4;
    static final int FD_CLOEXEC = 1;

    /**
     * The numbers for setsockopt(2).
     *
     * @param noSigpipe {@code SO_NOSIGPIPE}, inherited by accepted sockets; 0 where there is none
     * @param linger {@code SO_LINGER}
     * @param error {@code SO_ERROR}
     */
    record Options(
            int solSocket,
            int reuseAddr,
            int reusePort,
            int keepAlive,
            int noSigpipe,
            Times times,
            int v6Only,
            int linger,
            int error) {}

    /**
     * Numbers of the options of TCP that are times, or that count; 0 where there is none.
     *
     * @param keepIdle {@code TCP_KEEPIDLE}, which macOS calls {@code TCP_KEEPALIVE}
     * @param keepInterval {@code TCP_KEEPINTVL}
     * @param keepCount {@code TCP_KEEPCNT}
     * @param userTimeout {@code TCP_USER_TIMEOUT}; {@code TCP_RXT_CONNDROPTIME} of macOS and {@code TCP_MAXUNACKTIME}
     *     of FreeBSD are about the same
     * @param userTimeoutUnit in milliseconds
     */
    record Times(int keepIdle, int keepInterval, int keepCount, int userTimeout, int userTimeoutUnit) {}

    final Options options;
    final int afInet6;

    /** {@code O_NONBLOCK}. */
    final int nonBlock;

    /** {@code SOCK_NONBLOCK} and {@code SOCK_CLOEXEC} for socket(2) and accept4(2); 0 where there is no accept4. */
    final int sockNonBlock;

    final int sockCloexec;

    /** The size of {@code sun_path}, the terminating NUL included. */
    final int sunPath;

    /** True when a {@code sockaddr} starts with its length in a byte, and the family is the byte after it. */
    final boolean lengthByte;

    private final Set<Ability> abilities;

    SocketConstants(
            Options options,
            int afInet6,
            int nonBlock,
            int sockNonBlock,
            int sockCloexec,
            int sunPath,
            boolean lengthByte,
            Set<Ability> abilities) {
        this.options = options;
        this.afInet6 = afInet6;
        this.nonBlock = nonBlock;
        this.sockNonBlock = sockNonBlock;
        this.sockCloexec = sockCloexec;
        this.sunPath = sunPath;
        this.lengthByte = lengthByte;
        this.abilities = abilities;
    }

    boolean can(Ability ability) {
        return abilities.contains(ability);
    }
}
