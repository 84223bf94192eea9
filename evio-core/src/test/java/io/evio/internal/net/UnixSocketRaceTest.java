package io.evio.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.internal.poll.Poller;
import io.evio.internal.poll.Pollers;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.SocketFile;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.TcpOptions;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Another process that does something to the path while a stale socket there is being replaced. */
class UnixSocketRaceTest {

    private static final ListenOptions OPTIONS = new ListenOptions(16, false, false, TcpOptions.DEFAULTS, 0600);

    @FunctionalInterface
    private interface Meanwhile {
        void run() throws Exception;
    }

    @TempDir
    private Path folder;

    private Path path;
    private UnixDomainSocketAddress address;

    @BeforeEach
    void leaveStale() throws Exception {
        path = folder.resolve("evio.sock");
        address = UnixDomainSocketAddress.of(path);
        ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        killed.bind(address);
        killed.close();
    }

    /** Listens, with something that happens once it is known that nobody answers. */
    private void listen(Meanwhile meanwhile) throws Exception {
        Poller poller = Pollers.open("auto");
        try {
            Sockets real = poller.sockets();
            Sockets sockets = (Sockets) Proxy.newProxyInstance(
                    Sockets.class.getClassLoader(), new Class<?>[] {Sockets.class}, (proxy, method, arguments) -> {
                        try {
                            Object result = method.invoke(real, arguments);
                            if (method.getName().equals("answer")) {
                                meanwhile.run();
                            }
                            return result;
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
            real.close(UnixSocketFile.listen(sockets, address, OPTIONS));
        } finally {
            poller.close();
        }
    }

    @Test
    void staleSocketIsReplacedWhenNobodyInterferes() throws Exception {
        listen(() -> {});
    }

    @Test
    void serverThatWasFasterKeepsItsSocket() throws Exception {
        try (ServerSocketChannel faster = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            assertThatThrownBy(() -> listen(() -> {
                        Files.delete(path);
                        faster.bind(address);
                    }))
                    .hasMessageContaining("EADDRINUSE");
            try (SocketChannel client = SocketChannel.open(address)) {
                assertThat(client.isConnected()).isTrue();
            }
        }
    }

    @Test
    void linkThatHasTakenItsPlaceIsNeitherFollowedNorDeleted() throws Exception {
        Path target = Files.writeString(folder.resolve("target"), "precious");
        assertThatThrownBy(() -> listen(() -> {
                    Files.delete(path);
                    Files.createSymbolicLink(path, target);
                }))
                .hasMessageContaining("EADDRINUSE");
        assertThat(Files.isSymbolicLink(path)).isTrue();
        assertThat(target).hasContent("precious");
    }

    @Test
    void fileThatHasGoneMeanwhileIsNoLongerInTheWay() throws Exception {
        listen(() -> Files.delete(path));
        assertThat(SocketFile.isSocket(path)).isTrue();
    }
}
