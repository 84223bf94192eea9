package io.evio.internal.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.internal.sys.SocketConstants.Options;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Stream;
import jnr.constants.Constant;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Layouts and numbers against the systems' published headers, file by file. Each block names the file and its version,
 * by the revision that stands in it (OpenBSD), by its blob in git as {@code $FreeBSD$} stands in it, or by the tag of
 * the repository (xnu, libkqueue). A line is what the header says: a name and a value, or a field with its C type.
 */
class PublishedHeadersTest {

    private static final String MACOS = """
            xnu-11417.101.15 bsd/sys/event.h
              struct kevent: ident uintptr_t, filter int16_t, flags uint16_t, fflags uint32_t, data intptr_t, \
            udata void*
              EVFILT_READ -1, EVFILT_WRITE -2, EVFILT_USER -10
              EV_ADD 0x1, EV_DELETE 0x2, EV_CLEAR 0x20, EV_RECEIPT 0x40, EV_EOF 0x8000, EV_ERROR 0x4000
              NOTE_TRIGGER 0x01000000
            xnu-11417.101.15 bsd/sys/socket.h
              SOCK_STREAM 1, SOCK_DGRAM 2, AF_UNIX 1, AF_INET 2, AF_INET6 30, SOL_SOCKET 0xffff
              SO_REUSEADDR 4, SO_KEEPALIVE 8, SO_REUSEPORT 0x200, SO_NOSIGPIPE 0x1022
              SOCK_NONBLOCK absent, SOCK_CLOEXEC absent
            xnu-11417.101.15 bsd/sys/un.h
              struct sockaddr_un: len unsigned_char, family sa_family_t, path char[104]
            xnu-11417.101.15 bsd/sys/fcntl.h
              F_SETFD 2, F_SETFL 4, FD_CLOEXEC 1, O_NONBLOCK 4
            xnu-11417.101.15 bsd/netinet/tcp.h
              TCP_NODELAY 1, TCP_KEEPALIVE 0x10, TCP_KEEPINTVL 0x101, TCP_KEEPCNT 0x102, TCP_RXT_CONNDROPTIME 0x80
            xnu-11417.101.15 bsd/netinet/in.h and bsd/netinet6/in6.h
              IPPROTO_TCP 6, IPPROTO_IPV6 41, IPV6_V6ONLY 27
            xnu-11417.101.15 bsd/sys/errno.h
              EPERM 1, ENOENT 2, EINTR 4, ENOMEM 12, EACCES 13, ENOTDIR 20, ENFILE 23, EMFILE 24, EPIPE 32, EAGAIN 35
              EPROTOTYPE 41, ENOPROTOOPT 42, EAFNOSUPPORT 47, EADDRINUSE 48, EADDRNOTAVAIL 49, ENETDOWN 50
              ENETUNREACH 51, ECONNABORTED 53, ECONNRESET 54, ENOBUFS 55, ECONNREFUSED 61, ENAMETOOLONG 63, EHOSTDOWN 64
              EHOSTUNREACH 65, EPROTO 100, EOPNOTSUPP 102
            """;

    private static final String FREEBSD = """
            b3106e6fa8749aa52a4c3f1f4f94a3551dca84ea sys/sys/event.h of FreeBSD 14
              struct kevent: ident uintptr_t, filter short, flags u_short, fflags u_int, data int64_t, udata void*, \
            ext uint64_t[4]
              EVFILT_READ -1, EVFILT_WRITE -2, EVFILT_USER -11
              EV_ADD 0x1, EV_DELETE 0x2, EV_CLEAR 0x20, EV_RECEIPT 0x40, EV_EOF 0x8000, EV_ERROR 0x4000
              NOTE_TRIGGER 0x01000000
            d9256fd7544a583a4fd45dfd0d31ce09528f2376 sys/sys/socket.h of FreeBSD 14
              SOCK_STREAM 1, SOCK_DGRAM 2, AF_UNIX 1, AF_INET 2, AF_INET6 28, SOL_SOCKET 0xffff
              SO_REUSEADDR 4, SO_KEEPALIVE 8, SO_REUSEPORT_LB 0x10000, SO_NOSIGPIPE 0x800
              SOCK_NONBLOCK 0x20000000, SOCK_CLOEXEC 0x10000000
            e024841518143aaed1fa5f39c451eab343cb43ec sys/sys/un.h of FreeBSD 14
              struct sockaddr_un: len unsigned_char, family sa_family_t, path char[104]
            c9740ac232509e9e23ba12883d1eac0537e835dd sys/sys/fcntl.h of FreeBSD 14
              F_SETFD 2, F_SETFL 4, FD_CLOEXEC 1, O_NONBLOCK 4
            0b71bd4658f80647c407b7b24a88fe7073769bf5 sys/netinet/tcp.h of FreeBSD 14
              TCP_NODELAY 1, TCP_KEEPIDLE 256, TCP_KEEPINTVL 512, TCP_KEEPCNT 1024, TCP_MAXUNACKTIME 68
            e53a8d4c6c7f3af2eb3afcb24deccc8d0b37000f sys/sys/errno.h of FreeBSD 14
              EPERM 1, ENOENT 2, EINTR 4, ENOMEM 12, EACCES 13, ENOTDIR 20, ENFILE 23, EMFILE 24, EPIPE 32, EAGAIN 35
              EPROTOTYPE 41, ENOPROTOOPT 42, EOPNOTSUPP 45, EAFNOSUPPORT 47, EADDRINUSE 48, EADDRNOTAVAIL 49
              ENETDOWN 50, ENETUNREACH 51, ECONNABORTED 53, ECONNRESET 54, ENOBUFS 55, ECONNREFUSED 61, ENAMETOOLONG 63
              EHOSTDOWN 64, EHOSTUNREACH 65, EPROTO 92
            """;

    private static final String OPENBSD = """
            1.74 2025/05/10 sys/sys/event.h
              struct kevent: ident uintptr_t, filter short, flags u_short, fflags u_int, data int64_t, udata void*
              EVFILT_READ -1, EVFILT_WRITE -2, EVFILT_USER -10
              EV_ADD 0x1, EV_DELETE 0x2, EV_CLEAR 0x20, EV_RECEIPT 0x40, EV_EOF 0x8000, EV_ERROR 0x4000
              NOTE_TRIGGER 0x01000000
            1.108 2025/08/04 sys/sys/socket.h
              SOCK_STREAM 1, SOCK_DGRAM 2, AF_UNIX 1, AF_INET 2, AF_INET6 24, SOL_SOCKET 0xffff
              SO_REUSEADDR 4, SO_KEEPALIVE 8, SO_REUSEPORT 0x200, SO_NOSIGPIPE absent
              SOCK_NONBLOCK 0x4000, SOCK_CLOEXEC 0x8000
              SHUT_WR 1, SHUT_RDWR 2
            1.14 2015/07/18 sys/sys/un.h
              struct sockaddr_un: len unsigned_char, family sa_family_t, path char[104]
            1.23 2025/08/04 sys/sys/fcntl.h
              F_SETFD 2, F_SETFL 4, FD_CLOEXEC 1, O_NONBLOCK 4
            1.24 2023/05/19 sys/netinet/tcp.h
              TCP_NODELAY 1, TCP_KEEPIDLE absent, TCP_KEEPINTVL absent, TCP_KEEPCNT absent
            1.25 2017/09/05 sys/sys/errno.h
              EPERM 1, ENOENT 2, EINTR 4, ENOMEM 12, EACCES 13, ENOTDIR 20, ENFILE 23, EMFILE 24, EPIPE 32, EAGAIN 35
              EPROTOTYPE 41, ENOPROTOOPT 42, EOPNOTSUPP 45, EAFNOSUPPORT 47, EADDRINUSE 48, EADDRNOTAVAIL 49
              ENETDOWN 50, ENETUNREACH 51, ECONNABORTED 53, ECONNRESET 54, ENOBUFS 55, ECONNREFUSED 61, ENAMETOOLONG 63
              EHOSTDOWN 64, EHOSTUNREACH 65, EPROTO 95
            """;

    private static final String LIBKQUEUE = """
            f96608964f7da711e686e09c39b79abdb4cc358e include/sys/event.h.in of libkqueue
              struct kevent: ident uintptr_t, filter short, flags u_short, fflags u_int, data intptr_t, udata void*
              EVFILT_READ -1, EVFILT_WRITE -2, EVFILT_USER -11
              EV_ADD 0x1, EV_DELETE 0x2, EV_CLEAR 0x20, EV_RECEIPT 0x40, EV_EOF 0x8000, EV_ERROR 0x4000
              NOTE_TRIGGER 0x01000000
            """;

    @TestFactory
    Stream<DynamicTest> everyLineHolds() {
        return Stream.of(KqueueSystem.values())
                .flatMap(system -> header(system)
                        .lines()
                        .filter(line -> line.startsWith(" "))
                        .flatMap(line -> line.contains("struct ")
                                ? Stream.of(line.strip())
                                : Arrays.stream(line.strip().split(", ")))
                        .map(entry -> DynamicTest.dynamicTest(
                                system + " " + entry.replaceFirst(":.*", ""), () -> check(system, entry))));
    }

    private static String header(KqueueSystem system) {
        return switch (system) {
            case MACOS -> MACOS;
            case FREEBSD -> FREEBSD;
            case OPENBSD -> OPENBSD;
            case LINUX -> LIBKQUEUE;
        };
    }

    private static void check(KqueueSystem system, String entry) throws ReflectiveOperationException {
        if (entry.startsWith("struct kevent: ")) {
            checkKevent(system.layout(), entry.substring(15).split(", "));
        } else if (entry.startsWith("struct sockaddr_un: ")) {
            assertThat(system.constants.lengthByte).isTrue();
            assertThat(SocketAddresses.UNIX_PATH).isEqualTo(2);
            assertThat(entry).endsWith("char[" + system.constants.sunPath + "]");
        } else {
            String[] parts = entry.split(" ");
            int published = parts[1].equals("absent") ? 0 : Integer.decode(parts[1]);
            assertThat(ours(system, parts[0])).isEqualTo(published);
        }
    }

    /** Lays the fields out as a C compiler does on a machine of 64 bits: each at the next multiple of its size. */
    private static void checkKevent(KeventLayout layout, String[] fields) {
        int at = 0;
        for (String field : fields) {
            String type = field.split(" ")[1];
            int size = size(type);
            at = (at + size - 1) / size * size;
            switch (field.split(" ")[0]) {
                case "ident" -> assertThat(at).isZero();
                case "filter" -> {
                    assertThat(at).isEqualTo(KeventLayout.FILTER);
                    assertThat(size).isEqualTo(Short.BYTES);
                }
                case "flags" -> {
                    assertThat(at).isEqualTo(KeventLayout.FLAGS);
                    assertThat(size).isEqualTo(Short.BYTES);
                }
                case "fflags" -> assertThat(at).isEqualTo(KeventLayout.FFLAGS);
                case "data" -> assertThat(at).isEqualTo(KeventLayout.DATA);
                case "udata" -> assertThat(at).isEqualTo(KeventLayout.UDATA);
                default -> assertThat(field).startsWith("ext ");
            }
            at += type.endsWith("[4]") ? 4 * size : size;
        }
        assertThat(layout.size()).isEqualTo(at);
    }

    private static int size(String type) {
        return switch (type.replace("[4]", "")) {
            case "short", "u_short", "int16_t", "uint16_t" -> 2;
            case "u_int", "uint32_t" -> 4;
            case "uintptr_t", "intptr_t", "int64_t", "uint64_t", "void*" -> 8;
            default -> throw new IllegalArgumentException(type);
        };
    }

    private static int ours(KqueueSystem system, String name) throws ReflectiveOperationException {
        SocketConstants constants = system.constants;
        Options options = constants.options;
        KeventLayout layout = system.layout();
        return switch (name) {
            case "EVFILT_USER" -> layout.user();
            case "AF_INET6" -> constants.afInet6;
            case "SOL_SOCKET" -> options.solSocket();
            case "SO_REUSEADDR" -> options.reuseAddr();
            case "SO_KEEPALIVE" -> options.keepAlive();
            case "SO_REUSEPORT", "SO_REUSEPORT_LB" -> options.reusePort();
            case "SO_NOSIGPIPE" -> options.noSigpipe();
            case "TCP_KEEPIDLE", "TCP_KEEPALIVE" -> options.times().keepIdle();
            case "TCP_KEEPINTVL" -> options.times().keepInterval();
            case "TCP_KEEPCNT" -> options.times().keepCount();
            case "TCP_RXT_CONNDROPTIME", "TCP_MAXUNACKTIME" -> options.times().userTimeout();
            case "IPV6_V6ONLY" -> options.v6Only();
            case "O_NONBLOCK" -> constants.nonBlock;
            case "SOCK_NONBLOCK" -> constants.sockNonBlock;
            case "SOCK_CLOEXEC" -> constants.sockCloexec;
            default -> {
                if (name.matches("E[A-Z]+")) {
                    yield errno(system, name);
                }
                Class<?> owner = name.matches("EV_.*|EVFILT_.*|NOTE_.*") ? KeventLayout.class : SocketConstants.class;
                yield owner.getDeclaredField(name).getInt(null);
            }
        };
    }

    /** The numbers of jnr-constants, from which {@link Errno} takes its own, for the system. */
    private static int errno(KqueueSystem system, String name) throws ReflectiveOperationException {
        String folder = system == KqueueSystem.MACOS ? "darwin" : system.name().toLowerCase(Locale.ROOT);
        Class<?> table = Class.forName("jnr.constants.platform." + folder + ".Errno");
        try {
            return ((Constant) table.getMethod("valueOf", String.class).invoke(null, name)).intValue();
        } catch (InvocationTargetException e) {
            throw new AssertionError(name + " is not in jnr-constants", e);
        }
    }

    /** Of Linux the machine itself is asked: the numbers that jnr-constants has from its headers. */
    @Test
    void linuxIsWhatItsHeadersSay() {
        SocketConstants linux = SocketConstants.LINUX;
        assertThat(new int[] {
                    linux.afInet6,
                    linux.options.solSocket(),
                    linux.options.reuseAddr(),
                    linux.options.reusePort(),
                    linux.options.keepAlive(),
                    linux.options.times().keepIdle(),
                    linux.options.times().keepInterval(),
                    linux.options.times().keepCount(),
                    linux.options.v6Only(),
                    linux.nonBlock
                })
                .containsExactly(
                        jnr.constants.platform.linux.AddressFamily.AF_INET6.intValue(),
                        jnr.constants.platform.linux.SocketLevel.SOL_SOCKET.intValue(),
                        jnr.constants.platform.linux.SocketOption.SO_REUSEADDR.intValue(),
                        jnr.constants.platform.linux.SocketOption.SO_REUSEPORT.intValue(),
                        jnr.constants.platform.linux.SocketOption.SO_KEEPALIVE.intValue(),
                        jnr.constants.platform.linux.TCP.TCP_KEEPIDLE.intValue(),
                        jnr.constants.platform.linux.TCP.TCP_KEEPINTVL.intValue(),
                        jnr.constants.platform.linux.TCP.TCP_KEEPCNT.intValue(),
                        jnr.constants.platform.linux.IPv6.IPV6_V6ONLY.intValue(),
                        jnr.constants.platform.linux.OpenFlags.O_NONBLOCK.intValue())
                .containsExactly(
                        jnr.constants.platform.linux.aarch64.AddressFamily.AF_INET6.intValue(),
                        jnr.constants.platform.linux.aarch64.SocketLevel.SOL_SOCKET.intValue(),
                        jnr.constants.platform.linux.aarch64.SocketOption.SO_REUSEADDR.intValue(),
                        jnr.constants.platform.linux.aarch64.SocketOption.SO_REUSEPORT.intValue(),
                        jnr.constants.platform.linux.aarch64.SocketOption.SO_KEEPALIVE.intValue(),
                        jnr.constants.platform.linux.aarch64.TCP.TCP_KEEPIDLE.intValue(),
                        jnr.constants.platform.linux.aarch64.TCP.TCP_KEEPINTVL.intValue(),
                        jnr.constants.platform.linux.aarch64.TCP.TCP_KEEPCNT.intValue(),
                        jnr.constants.platform.linux.aarch64.IPv6.IPV6_V6ONLY.intValue(),
                        jnr.constants.platform.linux.aarch64.OpenFlags.O_NONBLOCK.intValue());
    }

    @Test
    void aSystemIsKnownByItsName() {
        assertThat(KqueueSystem.of("Mac OS X", "14.5")).isEqualTo(KqueueSystem.MACOS);
        assertThat(KqueueSystem.of("FreeBSD", "14.1-RELEASE")).isEqualTo(KqueueSystem.FREEBSD);
        assertThat(KqueueSystem.of("FreeBSD", "12.0-RELEASE")).isEqualTo(KqueueSystem.FREEBSD);
        assertThat(KqueueSystem.of("OpenBSD", "7.7")).isEqualTo(KqueueSystem.OPENBSD);
        assertThat(KqueueSystem.of("Linux", "6.1.0")).isEqualTo(KqueueSystem.LINUX);
    }

    @Test
    void anotherSystemAndAnOldOneAreRefused() {
        assertThatThrownBy(() -> KqueueSystem.of("FreeBSD", "11.4-RELEASE"))
                .isInstanceOf(UnsupportedSystemException.class)
                .hasMessage(
                        "kqueue needs FreeBSD 12 or later, and this is 11.4-RELEASE. Update the system, or leave the"
                                + " poller at auto");
        assertThatThrownBy(() -> KqueueSystem.of("Plan 9", "4"))
                .isInstanceOf(UnsupportedSystemException.class)
                .hasMessageStartingWith("kqueue is not there on Plan 9");
        // It has kqueue(2), but jnr-ffi brings no native library to call it by.
        assertThat(KqueueSystem.NAMES).containsExactly("Mac OS X", "FreeBSD", "OpenBSD");
        assertThatThrownBy(() -> KqueueSystem.of("NetBSD", "10.1")).isInstanceOf(UnsupportedSystemException.class);
    }
}
