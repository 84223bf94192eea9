package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.Action;
import io.evio.Connection;
import io.evio.ConnectionStats;
import io.evio.EvioServer;
import io.evio.FaultyServers;
import io.evio.PollerType;
import io.evio.TcpInfo;
import io.evio.internal.sys.LinuxLibc;
import io.evio.internal.sys.SystemLibrary;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The kernel's figures of a connection. */
class TcpInfoTest extends ConformanceTest {

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");

    private static final int STORM = 300;
    private static final int MOST_TRIES = 50;

    private final Connections connections = new Connections();

    @EveryTransport
    void isSaneOverTheLoopbackAndNullWhereTheSystemDoesNotTell(Transport transport) throws Exception {
        EvioServer server = start(TestHandler.echo().onOpened(connections), transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        for (int i = 0; i < 20; i++) {
            assertThat(client.send("ping").read(4)).isEqualTo("ping");
        }
        TcpInfo info = Connections.onLoop(connection, connection::tcpInfo);
        if (!isTold(transport, server)) {
            assertThat(info).isNull();
            return;
        }
        assertThat(info).isNotNull();
        assertThat(info.roundTripTime()).isBetween(Duration.ofNanos(1000), Duration.ofSeconds(1));
        // In whole microseconds: where answers are all as quick, there is none.
        assertThat(info.roundTripVariation()).isBetween(Duration.ZERO, Duration.ofSeconds(1));
        assertThat(info.congestionWindow()).isBetween(1L, 1_000_000L);
        assertThat(info.retransmits()).isBetween(0L, 10L);
    }

    @Test
    void isRefusedOnOtherThreadsAndAfterTheEnd() throws Exception {
        AtomicReference<Throwable> inClosed = new AtomicReference<>();
        TestHandler handler = new TestHandler().onOpened(connections).onClosed((connection, error) -> {
            try {
                connection.tcpInfo();
            } catch (IllegalStateException e) {
                inClosed.set(e);
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        Connection connection = connections.next();
        assertThatIllegalStateException().isThrownBy(connection::tcpInfo).withMessageContaining("loop's thread");
        client.close();
        handler.await("closed");
        assertThat(inClosed.get()).hasMessageContaining("has ended");
        connect(server);
        Connections.runOnLoop(
                connections.next(),
                () -> assertThatIllegalStateException()
                        .isThrownBy(connection::tcpInfo)
                        .withMessageContaining("has ended"));
    }

    @EveryTransport
    void canBeAskedByIdFromAnyThreadAlsoWhileAnEventBlocksTheLoop(Transport transport) throws Exception {
        CountDownLatch blocking = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        TestHandler handler = TestHandler.echo().onOpened(connections);
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        Connection connection = connections.next();
        assertThat(client.send("ping").read(4)).isEqualTo("ping");
        connection.execute(() -> {
            blocking.countDown();
            awaitUninterruptibly(release);
        });
        try {
            Eventually.reached(blocking);
            TcpInfo info = server.tcpInfo(connection.id());
            if (isTold(transport, server)) {
                assertThat(info).isNotNull();
                assertThat(info.roundTripTime()).isBetween(Duration.ofNanos(1000), Duration.ofSeconds(1));
                assertThat(info.congestionWindow()).isBetween(1L, 1_000_000L);
            } else {
                assertThat(info).isNull();
            }
            assertThat(server.tcpInfo(connection.id() + 1)).isNull();
        } finally {
            release.countDown();
        }
        client.close();
        handler.await("closed");
        assertThat(server.tcpInfo(connection.id())).isNull();
        server.stop(Duration.ZERO);
        assertThat(server.tcpInfo(connection.id())).isNull();
    }

    /**
     * Between the look-up and the call the connection ends, and another one gets its descriptor: what the kernel says
     * of that is no answer.
     */
    @Test
    void isNotThatOfTheNextConnectionWithTheDescriptor() throws Exception {
        assumeTrue(poller.equals("epoll"), "calls are held up in epoll's library");
        HeldCalls calls = new HeldCalls();
        EvioServer server = start(FaultyServers.over(calls.library())
                .name("test")
                .handler(TestHandler.echo().onOpened(connections))
                .addresses(ANY_PORT));
        Client client = connect(server);
        Connection first = connections.next();
        assertThat(server.tcpInfo(first.id())).isNotNull();
        int descriptor = calls.lastDescriptor.get();
        AtomicBoolean isTaken = new AtomicBoolean();
        calls.before.set(() -> {
            client.close();
            Eventually.isTrue("end", () -> server.stats().connectionsClosed() == 1);
            for (int i = 0; i < MOST_TRIES && !isTaken.get(); i++) {
                connect(server);
                assertThat(server.tcpInfo(connections.next().id())).isNotNull();
                isTaken.set(calls.lastDescriptor.get() == descriptor);
            }
            return null;
        });
        assertThat(server.tcpInfo(first.id())).isNull();
        assertThat(isTaken).isTrue();
    }

    /** Notes the descriptors of calls for TCP_INFO, and does something before the next of them. */
    private static final class HeldCalls implements InvocationHandler {

        private static final int TCP_INFO = 11;

        final AtomicInteger lastDescriptor = new AtomicInteger();
        final AtomicReference<@Nullable Callable<?>> before = new AtomicReference<>();

        SystemLibrary<LinuxLibc> library() {
            Object calls = Proxy.newProxyInstance(getClass().getClassLoader(), new Class<?>[] {LinuxLibc.class}, this);
            return new SystemLibrary<>((LinuxLibc) calls, SystemLibrary.linux().errno());
        }

        @Override
        public Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            if (method.getName().equals("getsockopt") && arguments[2].equals(TCP_INFO)) {
                Callable<?> first = before.getAndSet(null);
                if (first != null) {
                    first.call();
                }
                lastDescriptor.set((int) arguments[0]);
            }
            return method.invoke(SystemLibrary.linux().calls(), arguments);
        }
    }

    /** While connections come and go on the loop, another thread asks about all that it finds. */
    @Test
    void canBeAskedWhileConnectionsComeAndGo() throws Exception {
        EvioServer server = start(TestHandler.echo().withoutLog(), ANY_PORT);
        AtomicLong told = new AtomicLong();
        AtomicBoolean over = new AtomicBoolean();
        try (Crowd asking = Crowd.start(2, index -> {
            while (!over.get()) {
                for (ConnectionStats stats : server.connections(0, 100)) {
                    TcpInfo info = server.tcpInfo(stats.id());
                    if (info != null) {
                        told.incrementAndGet();
                        assertThat(info.congestionWindow()).isBetween(1L, 1_000_000L);
                    }
                }
            }
        })) {
            for (int i = 0; i < STORM; i++) {
                try (Client client = Client.connect(server.addresses().get(0))) {
                    client.send("x").read(1);
                }
            }
            over.set(true);
            asking.join();
        }
        if (isTold(Transport.TCP4, server)) {
            assertThat(told.get()).isPositive();
        } else {
            assertThat(told.get()).isZero();
        }
        Eventually.holds(() -> assertThat(server.stats().connectionsActive()).isZero());
        assertThat(server.stats().connectionsOpened()).isEqualTo(STORM);
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            LockSupport.parkNanos(100_000);
        }
    }

    private static boolean isTold(Transport transport, EvioServer server) {
        return transport.isTcp() && LINUX && server.poller() != PollerType.NIO;
    }
}
