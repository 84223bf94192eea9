package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;

/** A peer that has said all it will say is still answered. */
class HalfCloseTest extends ConformanceTest {

    private static final int REPLY = 3 * 1024 * 1024;
    private static final int REQUESTS = 5;

    /** A handler that answers the next request when the last answer is out, as one with large answers should. */
    @EveryTransport
    void requestsLeftUnreadAreAnsweredByTheWakesThatFollow(Transport transport) throws Exception {
        byte[] reply = new byte[REPLY];
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onData((connection, in, out) -> {
                    if (in.hasRemaining()) {
                        in.get();
                        out.write(reply);
                    }
                    return Action.NONE;
                })
                .onPostwrite((connection, amount, remaining) -> {
                    if (remaining == 0) {
                        connection.wake();
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        client.send("x".repeat(REQUESTS)).shutdownOutput();
        assertThat(client.readBytesToEnd()).hasSize(REQUESTS * REPLY);
    }

    /** A send and a wake that come together are both served, although the first could be the end. */
    @EveryTransport
    void sendAndWakeBehindTheEndOfInputAreBothServed(Transport transport) throws Exception {
        TestHandler handler = new TestHandler().withoutLog().onData((connection, in, out) -> {
            boolean first = in.hasRemaining() && in.get(in.position()) == '1';
            if (first && in.remaining() == 2) {
                in.get();
                both(connection);
            } else if (in.hasRemaining() && !first) {
                in.get();
                out.writeAscii("woken");
            }
            return Action.NONE;
        });
        EvioServer server = start(handler, transport.address(folder));
        for (int i = 0; i < 50; i++) {
            Client client = connect(server);
            client.send("12").shutdownOutput();
            assertThat(client.readToEnd()).isEqualTo("sentwoken");
        }
    }

    private static void both(Connection connection) {
        assertThat(connection.send(new byte[] {'s', 'e', 'n', 't'})).isTrue();
        assertThat(connection.wake()).isTrue();
    }
}
