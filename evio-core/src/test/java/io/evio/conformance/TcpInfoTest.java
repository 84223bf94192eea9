package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.PollerType;
import io.evio.TcpInfo;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What the kernel says of a connection. */
class TcpInfoTest extends ConformanceTest {

    private static final boolean LINUX = System.getProperty("os.name").equals("Linux");

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
        if (!transport.isTcp() || !LINUX || server.poller() == PollerType.NIO) {
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
}
