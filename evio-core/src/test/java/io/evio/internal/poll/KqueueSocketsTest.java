package io.evio.internal.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.internal.sys.AbstractSocketAddress;
import io.evio.internal.sys.Block;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.KqueueSystem;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.PeerAddress;
import io.evio.internal.sys.SocketFile.Answer;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.TcpOptions;
import io.evio.internal.sys.UnsupportedSystemException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The sockets that go with {@link KqueuePoller}, over a model of each system's kernel. Bytes are of a little-endian
 * machine.
 */
@ParameterizedClass(name = "{0}")
@EnumSource(KqueueSystem.class)
class KqueueSocketsTest {

    private static final ListenOptions PLAIN = new ListenOptions(7, false, false, TcpOptions.DEFAULTS, -1);

    @Parameter
    private KqueueSystem system;

    private long allocatedBefore;
    private KernelModel kernel;
    private KqueuePoller poller;
    private Sockets sockets;
    private final PeerAddress peer = new PeerAddress();

    @BeforeEach
    void open() throws SystemCallException {
        allocatedBefore = Memory.allocatedBytes();
        kernel = new KernelModel(system);
        poller = new KqueuePoller(system, kernel.library());
        sockets = poller.sockets();
        kernel.calls.clear();
    }

    @AfterEach
    void close() {
        poller.close();
        kernel.descriptors.keySet().stream().toList().forEach(kernel::close);
        assertThat(Memory.allocatedBytes()).isEqualTo(allocatedBefore);
    }

    private boolean isLinux() {
        return system == KqueueSystem.LINUX;
    }

    /** The first two bytes of a sockaddr: a length and a family, or a family of two bytes. */
    private String header(int length, int bsdFamily, int linuxFamily) {
        return isLinux() ? String.format("%02x00", linuxFamily) : String.format("%02x%02x", length, bsdFamily);
    }

    private int inet6() {
        return switch (system) {
            case MACOS -> 30;
            case FREEBSD -> 28;
            case OPENBSD -> 24;
            case LINUX -> 10;
        };
    }

    private String header6() {
        return header(28, inet6(), 10);
    }

    @Test
    void aListenerIsBoundToTheRawAddressWithItsOptions() throws SystemCallException {
        int fd = sockets.listen(new InetSocketAddress("127.0.0.1", 0x1234), PLAIN);
        assertThat(kernel.descriptors.get(fd)).containsExactlyInAnyOrder("nonblock", "cloexec");
        assertThat(kernel.calls).contains("bind " + header(16, 2, 2) + "12347f0000010000000000000000", "listen 7");
        List<String> options = kernel.calls.stream()
                .filter(call -> call.startsWith("setsockopt"))
                .toList();
        String noSigpipe = system == KqueueSystem.MACOS ? "1022" : "800";
        String[] expected = isLinux()
                ? new String[] {"setsockopt 1 2 1", "setsockopt 6 1 1", "setsockopt 1 9 0"}
                : system == KqueueSystem.OPENBSD
                        ? new String[] {"setsockopt ffff 4 1", "setsockopt 6 1 1", "setsockopt ffff 8 0"}
                        : new String[] {
                            "setsockopt ffff " + noSigpipe + " 1",
                            "setsockopt ffff 4 1",
                            "setsockopt 6 1 1",
                            "setsockopt ffff 8 0"
                        };
        assertThat(options).containsExactly(expected);
    }

    @Test
    void aSharedPortIsAskedForInTheSystemsOwnWay() throws SystemCallException {
        sockets.listen(
                new InetSocketAddress("127.0.0.1", 0), new ListenOptions(7, false, true, TcpOptions.DEFAULTS, -1));
        assertThat(kernel.calls)
                .contains(
                        switch (system) {
                            case FREEBSD -> "setsockopt ffff 10000 1";
                            case LINUX -> "setsockopt 1 f 1";
                            default -> "setsockopt ffff 200 1";
                        });
        boolean spreads = isLinux() || system == KqueueSystem.FREEBSD;
        assertThat(sockets.spreads(new InetSocketAddress(0))).isEqualTo(spreads);
        assertThat(sockets.spreads(UnixDomainSocketAddress.of("/s"))).isFalse();
    }

    @Test
    void anIpv6ListenerTakesIpv4PeersWhereItCan() throws SystemCallException {
        SocketAddress wildcard = new InetSocketAddress("::", 80);
        if (system == KqueueSystem.OPENBSD) {
            // The server takes IPv4 alone then, as on a machine without IPv6.
            assertThatThrownBy(() -> sockets.listen(wildcard, PLAIN)).hasMessageContaining("IPV6_V6ONLY");
            assertThat(kernel.descriptors).hasSize(3);
            sockets.listen(new InetSocketAddress("::1", 80), PLAIN);
            assertThat(kernel.calls).noneMatch(call -> call.startsWith("setsockopt 29"));
        } else {
            sockets.listen(wildcard, PLAIN);
            assertThat(kernel.calls).contains("setsockopt 29 " + (isLinux() ? "1a" : "1b") + " 0");
        }
        assertThat(kernel.calls)
                .anyMatch(call -> call.startsWith("bind " + header6() + "005000000000"))
                .contains("socket " + inet6());
    }

    @Test
    void aUnixSocketGetsItsModeBeforeAnybodyCanConnect() throws SystemCallException {
        sockets.listen(UnixDomainSocketAddress.of("/s"), new ListenOptions(7, false, false, TcpOptions.DEFAULTS, 0640));
        List<String> order = kernel.calls.stream()
                .map(call -> call.split(" ")[0])
                .filter(call -> call.matches("fchmod|bind|chmod|listen"))
                .toList();
        if (isLinux()) {
            assertThat(order).containsExactly("fchmod", "bind", "listen");
            assertThat(kernel.calls).contains("fchmod 640");
        } else {
            assertThat(order).containsExactly("bind", "chmod", "listen");
            assertThat(kernel.calls).contains("chmod /s 640");
        }
    }

    @Test
    void aUnixPathHasARoomOfItsSystem() throws SystemCallException {
        int room = isLinux() ? 108 : 104;
        sockets.listen(UnixDomainSocketAddress.of("/" + "x".repeat(room - 2)), PLAIN);
        assertThatThrownBy(() -> sockets.listen(UnixDomainSocketAddress.of("/" + "x".repeat(room - 1)), PLAIN))
                .hasMessageStartingWith("bind: ENAMETOOLONG");
        sockets.listen(UnixDomainSocketAddress.of("/s"), PLAIN);
        assertThat(kernel.calls).contains("bind " + header(5, 1, 1) + "2f7300");
    }

    @Test
    void anAbstractNameIsLinuxs() throws SystemCallException {
        SocketAddress name = new AbstractSocketAddress("n");
        if (isLinux()) {
            sockets.listen(name, PLAIN);
            assertThat(kernel.calls).contains("bind " + header(0, 1, 1) + "006e");
            return;
        }
        int open = kernel.descriptors.size();
        assertThatThrownBy(() -> sockets.listen(name, PLAIN))
                .isInstanceOf(UnsupportedSystemException.class)
                .hasMessage(
                        "it is an abstract unix socket, which only Linux has. Use a path, as in unix:///run/n.sock; a"
                                + " file of that name is unix://./@n");
        assertThat(kernel.descriptors).hasSize(open);
    }

    /**
     * A stream socket would be refused by a full backlog as by nobody: the file of a live server would be taken for
     * stale.
     */
    @ParameterizedTest
    @EnumSource(KernelModel.Behind.class)
    void aUnixSocketIsSomebodysUnlessNobodyIsBehindIt(KernelModel.Behind behind) throws SystemCallException {
        kernel.behind = behind;
        int open = kernel.descriptors.size();
        assertThat(sockets.answer(UnixDomainSocketAddress.of("/s")))
                .isEqualTo(behind == KernelModel.Behind.NOBODY ? Answer.REFUSES : Answer.LISTENS);
        assertThat(kernel.calls).contains("connect " + header(5, 1, 1) + "2f7300");
        assertThat(kernel.connected)
                .as("connections that the server has to take")
                .isZero();
        assertThat(kernel.descriptors).hasSize(open);
    }

    @Test
    void aDatagramSocketIsSomebodysToo() throws SystemCallException {
        kernel.behind = KernelModel.Behind.BOUND_ONLY;
        kernel.typeBehind = KernelModel.SOCK_DGRAM;
        assertThat(sockets.answer(UnixDomainSocketAddress.of("/s"))).isEqualTo(Answer.LISTENS);
    }

    @ParameterizedTest
    @EnumSource(
            value = KernelModel.Behind.class,
            names = {"NOBODY", "LISTENING"})
    void whoRefusesEveryDatagramSocketIsAskedByAStreamSocket(KernelModel.Behind behind) throws SystemCallException {
        kernel.behind = behind;
        kernel.refusesDatagrams = true;
        int open = kernel.descriptors.size();
        assertThat(sockets.answer(UnixDomainSocketAddress.of("/s")))
                .isEqualTo(behind == KernelModel.Behind.NOBODY ? Answer.REFUSES : Answer.LISTENS);
        assertThat(kernel.descriptors).hasSize(open);
    }

    private SocketAddress accepted(String raw) {
        kernel.peer = raw;
        int fd = sockets.accept(100, peer);
        assertThat(fd).isPositive();
        assertThat(kernel.descriptors.get(fd)).containsExactlyInAnyOrder("nonblock", "cloexec");
        return PeerAddress.toSocketAddress(peer.high, peer.low, peer.portAndScope);
    }

    @Test
    void anAcceptedPeerIsReadFromTheRawAddress() {
        assertThat(accepted(header(16, 2, 2) + "c350 0a010203 0000000000000000"))
                .isEqualTo(new InetSocketAddress("10.1.2.3", 50000));
        assertThat(accepted(header6() + "c350 00000000 20010db8000000000000000000000001 00000000"))
                .isEqualTo(new InetSocketAddress("2001:db8::1", 50000));
        assertThat(accepted(header(2, 1, 1))).isEqualTo(UnixDomainSocketAddress.of(""));
        assertThat(kernel.calls).contains(system == KqueueSystem.MACOS ? "accept" : "accept4");
    }

    /** macOS does so for a peer that has gone by then: it is not the one before. */
    @Test
    void anAddressThatIsLeftUnsetIsNobodys() {
        accepted(header(16, 2, 2) + "c350 0a010203 0000000000000000");
        assertThat(accepted("")).isEqualTo(UnixDomainSocketAddress.of(""));
    }

    @Test
    void aFailedAcceptIsTold() {
        kernel.failNext("accept", Errno.EAGAIN);
        assertThat(sockets.accept(100, peer)).isEqualTo(-Errno.EAGAIN);
        kernel.failNext("accept", Errno.EMFILE);
        assertThat(sockets.accept(100, peer)).isEqualTo(-Errno.EMFILE);
    }

    @Test
    void aDescriptorThatCannotBePreparedIsClosed() {
        if (system == KqueueSystem.MACOS) {
            int open = kernel.descriptors.size();
            kernel.failNext("fcntl", Errno.EINTR + 1);
            assertThat(sockets.accept(100, peer)).isEqualTo(-Errno.EINTR - 1);
            assertThat(kernel.descriptors).hasSize(open);
        }
    }

    @Test
    void theIdleTimeOfKeepAliveIsSetWhereThereIsOne() {
        int result = sockets.setKeepAlive(100, true, 30);
        String option = switch (system) {
            case MACOS -> "10";
            case FREEBSD -> "100";
            case LINUX -> "4";
            case OPENBSD -> "";
        };
        if (option.isEmpty()) {
            assertThat(result).isEqualTo(-Errno.ENOPROTOOPT);
        } else {
            assertThat(result).isZero();
            assertThat(kernel.calls).contains("setsockopt 6 " + option + " 30");
        }
    }

    /** libkqueue takes the error from the socket to put it into the event; a kernel leaves it there. */
    @Test
    void anErrorThatCameWithAnEventIsReportedByTheNextCall() throws SystemCallException {
        int fd = kernel.socket(2, 1, 0);
        poller.add(fd, 1, Poller.READ);
        kernel.activate(fd, "read", 0x8000, Errno.ECONNRESET);
        assertThat(poller.await(0)).isEqualTo(1);
        assertThat(poller.ready(0)).isEqualTo(Poller.READ | Poller.WRITE);
        Block block = sockets.memory().allocate(8);
        int first = isLinux() ? -Errno.ECONNRESET : -Errno.EAGAIN;
        assertThat(sockets.read(fd, block, 0, 8)).isEqualTo(first);
        assertThat(sockets.read(fd, block, 0, 8)).isEqualTo(-Errno.EAGAIN);
        block.free();
    }
}
