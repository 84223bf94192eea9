package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.internal.poll.Poller;
import io.evio.internal.poll.Pollers;
import io.evio.internal.sys.Block;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.PeerAddress;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.TcpOptions;
import io.evio.testing.ConformanceTest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Behaviour that the loop relies on and no server shows by itself, asked of the poller directly. */
class PollerTest extends ConformanceTest {

    private static final int PATIENCE = 10_000;
    private static final long TOKEN = 7L << 32 | 3;

    private Poller tested;
    private Sockets sockets;
    private Socket client;
    private int handle;

    @BeforeEach
    void connect() throws IOException {
        tested = Pollers.open(poller);
        sockets = tested.sockets();
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        int listener = sockets.listen(
                new InetSocketAddress(loopback, 0), new ListenOptions(16, false, false, TcpOptions.DEFAULTS, -1));
        client = closeAfterwards(new Socket(loopback, ((InetSocketAddress) sockets.localAddress(listener)).getPort()));
        tested.add(listener, 1, Poller.READ);
        assertThat(tested.await(PATIENCE)).isEqualTo(1);
        handle = sockets.accept(listener, new PeerAddress());
        assertThat(handle).isNotNegative();
        sockets.close(listener);
        closeAfterwards(() -> {
            sockets.close(handle);
            tested.close();
            tested.wakeup(); // may come late, from another thread
        });
    }

    private void assertOneEvent(int timeoutMillis, long token, int ready) throws IOException {
        assertThat(tested.await(timeoutMillis)).isEqualTo(1);
        assertThat(tested.token(0)).isEqualTo(token);
        assertThat(tested.ready(0)).isEqualTo(ready);
    }

    @Test
    void whatIsNotServedIsReportedAgain() throws IOException {
        tested.add(handle, TOKEN, Poller.READ);
        assertThat(tested.await(0)).isZero();
        client.getOutputStream().write("xy".getBytes(StandardCharsets.US_ASCII));
        Block block = sockets.memory().allocate(1);
        try {
            for (int i = 0; i < 3; i++) {
                assertOneEvent(PATIENCE, TOKEN, Poller.READ);
            }
            assertThat(sockets.read(handle, block, 0, 1)).isEqualTo(1);
            assertOneEvent(PATIENCE, TOKEN, Poller.READ);
            assertThat(sockets.read(handle, block, 0, 1)).isEqualTo(1);
            assertThat(tested.await(0)).isZero();
        } finally {
            block.free();
        }
    }

    @Test
    void interestAndTokenMayChangeAndTheHandleLeaveAndComeBack() throws IOException {
        tested.add(handle, TOKEN, Poller.READ);
        tested.modify(handle, TOKEN + 1, Poller.READ | Poller.WRITE);
        assertOneEvent(PATIENCE, TOKEN + 1, Poller.WRITE);
        client.getOutputStream().write('x');
        tested.modify(handle, TOKEN, Poller.READ);
        assertOneEvent(PATIENCE, TOKEN, Poller.READ);
        tested.remove(handle);
        assertThat(tested.await(0)).isZero();
        tested.add(handle, TOKEN, Poller.READ);
        assertOneEvent(PATIENCE, TOKEN, Poller.READ);
        tested.remove(handle);
        tested.add(handle, TOKEN, Poller.WRITE);
        assertOneEvent(PATIENCE, TOKEN, Poller.WRITE);
    }

    @Test
    void wakeupEndsTheNextWaitOnceAndSeveralMakeOne() throws IOException {
        tested.wakeup();
        tested.wakeup();
        assertOneEvent(PATIENCE, Poller.WAKEUP, Poller.READ);
        tested.woken();
        assertThat(tested.await(1)).isZero();
        tested.wakeup();
        assertOneEvent(PATIENCE, Poller.WAKEUP, Poller.READ);
        tested.woken();
        assertThat(tested.await(1)).isZero();
    }

    /** P2 and P5: on its way out it must not take a wake of another one with it. */
    @Test
    void wakeupOutlivesAConnectionThatLeaves() throws IOException {
        tested.add(handle, TOKEN, Poller.READ);
        tested.remove(handle);
        tested.wakeup();
        assertThat(sockets.detach(handle)).isZero();
        assertOneEvent(-1, Poller.WAKEUP, Poller.READ);
    }

    /** P9: the number may be another's by the next wait. */
    @Test
    void aHandleThatIsClosedIsReportedNoMore() throws IOException {
        tested.add(handle, TOKEN, Poller.READ);
        client.getOutputStream().write('x');
        assertOneEvent(PATIENCE, TOKEN, Poller.READ);
        assertThat(sockets.close(handle)).isZero();
        assertThat(tested.await(1)).isZero();
    }
}
