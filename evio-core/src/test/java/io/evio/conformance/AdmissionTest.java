package io.evio.conformance;

import static io.evio.testing.ProxyBytes.PROXY;
import static io.evio.testing.ProxyBytes.TCP6;
import static io.evio.testing.ProxyBytes.ascii;
import static io.evio.testing.ProxyBytes.tcp;
import static io.evio.testing.ProxyBytes.version2;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ch.qos.logback.classic.Level;
import io.evio.Access;
import io.evio.Action;
import io.evio.EvioServer;
import io.evio.ProxyHeaders;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Connections that are refused by where they come from, how many there are, and how fast they come. */
class AdmissionTest extends ConformanceTest {

    private static final String ALL_PORTS = "proxy+tcp://127.0.0.1:0";

    private final TestHandler handler = TestHandler.echo();

    private static boolean isServed(Client client) {
        try {
            client.send("ping");
            return client.read(4).equals("ping");
        } catch (IOException | AssertionError refused) {
            return false;
        }
    }

    /** As a client of the header's address. */
    private Client from(EvioServer server, String address) throws IOException {
        return connect(server)
                .send(
                        address.indexOf(':') < 0
                                ? ascii("PROXY TCP4 " + address + " 192.0.2.1 40000 443\r\n")
                                : version2(PROXY, TCP6, tcp(address, 1, "2001:db8::1", 2)));
    }

    private EvioServer proxied(EvioServer.Builder builder) throws IOException {
        return start(builder.proxyProtocol(ProxyHeaders.from("127.0.0.1")));
    }

    @Test
    void whatIsDeniedIsRefusedByAResetBeforeAByteIsRead() throws Exception {
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(builder(handler, ANY_PORT).access(Access.ALL.deny("127.0.0.0/8")));
            for (int i = 0; i < 3; i++) {
                assertThat(isServed(connect(server))).isFalse();
            }
            Eventually.isTrue("they are counted", () -> server.stats().refusedAccess() == 3);
            assertThat(server.stats().dataReceived()).isZero();
            assertThat(server.stats().connectionsOpened()).isZero();
            assertThat(server.stats().connectionsActive()).isZero();
            assertThat(handler.names()).doesNotContain("opened", "closed");
            assertThat(log.lines(Level.WARN)).hasSize(1);
            assertThat(log.lines(Level.WARN).get(0).getFormattedMessage())
                    .startsWith("Evio 'test': a connection is refused because its address has no access: /127.0.0.1:");
        }
    }

    @Test
    void aRefusedPeerSeesAReset() throws Exception {
        EvioServer server = start(builder(handler, ANY_PORT).access(Access.ALL.deny("0.0.0.0/0")));
        try (SocketChannel channel = SocketChannel.open(
                new InetSocketAddress("127.0.0.1", server.addresses().get(0).port()))) {
            IOException failure = null;
            try {
                assertThat(channel.read(ByteBuffer.allocate(1)))
                        .as("no ordinary end")
                        .isNotEqualTo(-1);
            } catch (IOException e) {
                failure = e;
            }
            assertThat(failure).isNotNull().hasMessageContaining("reset");
        }
    }

    @Test
    void onlyWhatIsAllowedIsServedAndDenyGoesFirst() throws Exception {
        EvioServer allowed = start(builder(handler, ANY_PORT).access(Access.ALL.allow("10.0.0.0/8", "127.0.0.1")));
        assertThat(isServed(connect(allowed))).isTrue();
        EvioServer others = start(builder(handler, ANY_PORT).access(Access.ALL.allow("10.0.0.0/8", "::/0", "unix")));
        assertThat(isServed(connect(others))).isFalse();
        EvioServer both = start(builder(handler, ANY_PORT)
                .access(Access.ALL.allow("127.0.0.0/8").deny("127.0.0.1")));
        assertThat(isServed(connect(both))).isFalse();
    }

    @Test
    void everyTransportHasItsOwnWord() throws Exception {
        String unix = "unix://" + folder.resolve("a.sock");
        EvioServer onlyUnix = start(builder(handler, unix, "tcp6://[::1]:0").access(Access.ALL.allow("unix")));
        assertThat(isServed(connect(onlyUnix))).isTrue();
        assertThat(isServed(connect(onlyUnix.addresses().get(1)))).isFalse();
        EvioServer noUnix = start(builder(handler, unix + "2", "tcp6://[::1]:0").access(Access.ALL.deny("unix")));
        assertThat(isServed(connect(noUnix))).isFalse();
        assertThat(isServed(connect(noUnix.addresses().get(1)))).isTrue();
    }

    @Test
    @WithoutLayer("A connection begins with its header, which is read as it is")
    void behindAHeaderItsAddressIsLookedAt() throws Exception {
        try (LogCapture log = new LogCapture()) {
            EvioServer server = proxied(builder(handler, ALL_PORTS)
                    .access(Access.ALL.allow("203.0.113.0/24", "2001:db8::/32").deny("203.0.113.66")));
            assertThat(isServed(from(server, "203.0.113.7"))).isTrue();
            assertThat(isServed(from(server, "2001:db8::7"))).isTrue();
            assertThat(isServed(from(server, "203.0.113.66"))).isFalse();
            assertThat(isServed(from(server, "127.0.0.1"))).isFalse();
            // Without an address it is the peer's own.
            assertThat(isServed(connect(server).send("PROXY UNKNOWN\r\n"))).isFalse();
            Eventually.isTrue("they are counted", () -> server.stats().refusedAccess() == 3);
            assertThat(server.stats().proxyErrors()).isZero();
            assertThat(handler.count("opened")).isEqualTo(2);
            assertThat(log.lines(Level.WARN)).singleElement().asString().contains("/203.0.113.66:40000");
        }
    }

    @Test
    void onlySoManyOfAnAddressAreServedAtATime() throws Exception {
        try (LogCapture log = new LogCapture()) {
            EvioServer server =
                    start(builder(handler, ANY_PORT).limits(limits -> limits.withMaxConnectionsPerAddress(2)));
            Client first = connect(server);
            Client second = connect(server);
            assertThat(isServed(first)).isTrue();
            assertThat(isServed(second)).isTrue();
            assertThat(isServed(connect(server))).isFalse();
            assertThat(isServed(connect(server))).isFalse();
            Eventually.isTrue("they are counted", () -> server.stats().refusedPerAddress() == 2);
            assertThat(log.lines(Level.WARN)).hasSize(1);
            assertThat(log.lines(Level.WARN).get(0).getFormattedMessage())
                    .contains("there are as many of its address as max-connections-per-address (2): /127.0.0.1:");
            // One that ends makes room, however it ends.
            first.reset();
            Eventually.isTrue("there is room", () -> isServed(connect(server)));
        }
    }

    @Test
    void everyEndMakesRoom() throws Exception {
        handler.onData((connection, in, out) -> {
            char what = (char) in.get();
            out.writeAscii(String.valueOf(what));
            return switch (what) {
                case 'c' -> Action.CLOSE;
                case 'd' -> Action.DETACH;
                case 'a' -> {
                    connection.abort();
                    yield Action.NONE;
                }
                case 't' -> throw new IllegalStateException("t");
                default -> Action.NONE;
            };
        });
        handler.onDetached((connection, channel) -> {
            closeAfterwards(channel);
            return Action.NONE;
        });
        try (LogCapture log = new LogCapture()) {
            EvioServer server =
                    start(builder(handler, ANY_PORT).limits(limits -> limits.withMaxConnectionsPerAddress(1)));
            for (int i = 0; i < 3; i++) {
                for (String what : List.of("c", "d", "a", "t", "x")) {
                    Client client = connect(server);
                    Eventually.isTrue("it is open", () -> server.stats().connectionsActive() == 1);
                    client.send(what);
                    if (what.equals("x")) {
                        assertThat(client.read(1)).isEqualTo("x");
                        client.close();
                    }
                    Eventually.isTrue("it has ended", () -> server.stats().connectionsActive() == 0);
                }
            }
            assertThat(server.stats().refusedPerAddress()).isZero();
            assertThat(log.lines(Level.ERROR)).isNotEmpty();
        }
    }

    @Test
    void aRestartBeginsAnew() throws Exception {
        EvioServer server = start(builder(handler, ANY_PORT).limits(limits -> limits.withMaxConnectionsPerAddress(1)));
        for (int i = 0; i < 3; i++) {
            assertThat(isServed(connect(server))).isTrue();
            server.stop(Duration.ZERO);
            server.start();
        }
        assertThat(server.stats().refusedPerAddress()).isZero();
    }

    @Test
    void unixPeersAreNotCounted() throws Exception {
        EvioServer server = start(builder(handler, "unix://" + folder.resolve("a.sock"))
                .limits(limits -> limits.withMaxConnectionsPerAddress(1)));
        assertThat(isServed(connect(server))).isTrue();
        assertThat(isServed(connect(server))).isTrue();
    }

    @Test
    @WithoutLayer("A connection begins with its header, which is read as it is")
    void clientsOfHeadersCountByTheirOwnAddressAndIpv6ByItsNetwork() throws Exception {
        EvioServer server =
                proxied(builder(handler, ALL_PORTS).limits(limits -> limits.withMaxConnectionsPerAddress(1)));
        Client four = from(server, "203.0.113.7");
        assertThat(isServed(four)).isTrue();
        assertThat(isServed(from(server, "203.0.113.7"))).isFalse();
        assertThat(isServed(from(server, "203.0.113.8"))).isTrue();
        assertThat(isServed(from(server, "2001:db8:0:1::7"))).isTrue();
        assertThat(isServed(from(server, "2001:db8:0:1:ffff::8"))).isFalse();
        assertThat(isServed(from(server, "2001:db8:0:2::7"))).isTrue();
        Eventually.isTrue("they are counted", () -> server.stats().refusedPerAddress() == 2);
        // Those that have not said where they come from do not count, nor do those that say it wrongly.
        connect(server);
        assertThat(connect(server).send("wrong").isEnded()).isTrue();
        four.close();
        Eventually.isTrue("there is room", () -> isServed(from(server, "203.0.113.7")));
    }

    @Test
    void theLoopsCountTogether() throws Exception {
        EvioServer server =
                start(builder(handler, ANY_PORT).loops(3).limits(limits -> limits.withMaxConnectionsPerAddress(4)));
        List<Client> served = new ArrayList<>();
        int refused = 0;
        for (int i = 0; i < 12; i++) {
            Client client = connect(server);
            if (isServed(client)) {
                served.add(client);
            } else {
                refused++;
            }
        }
        assertThat(served).hasSize(4);
        assertThat(refused).isEqualTo(8);
        for (Client client : served) {
            client.close();
        }
        Eventually.isTrue("there is room", () -> isServed(connect(server)));
    }

    @Test
    void connectionsAreTakenAtTheirRate() throws Exception {
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(builder(handler, ANY_PORT).limits(limits -> limits.withAcceptRate(5)));
            long began = System.nanoTime();
            int served = 0;
            for (int i = 0; i < 30; i++) {
                served += isServed(connect(server)) ? 1 : 0;
            }
            long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began);
            // A second's worth at once, and then as many as the time allows.
            assertThat(served).isBetween(5, (int) (5 + 5 * (seconds + 1)));
            int refused = 30 - served;
            Eventually.isTrue("they are counted", () -> server.stats().refusedAcceptRate() == refused);
            assertThat(refused).isPositive();
            assertThat(log.lines(Level.WARN)).hasSize(1);
            assertThat(log.lines(Level.WARN).get(0).getFormattedMessage())
                    .contains("connections come faster than accept-rate (5 per second): /127.0.0.1:");
            Eventually.isTrue("others are served as time goes by", () -> isServed(connect(server)));
        }
    }

    /** A connection without access takes no part of the rate. */
    @Test
    void theRateIsForThoseThatHaveAccess() throws Exception {
        EvioServer server = start(builder(handler, ANY_PORT, "unix://" + folder.resolve("a.sock"))
                .access(Access.ALL.deny("127.0.0.1"))
                .limits(limits -> limits.withAcceptRate(1)));
        for (int i = 0; i < 5; i++) {
            assertThat(isServed(connect(server))).isFalse();
        }
        assertThat(isServed(connect(server.addresses().get(1)))).isTrue();
        assertThat(server.stats().refusedAccess()).isEqualTo(5);
    }

    @Test
    void malformedListsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Access.ALL.allow("10.0.0.0/40"))
                .withMessageContaining("10.0.0.0/40");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Access.ALL.deny("example.org"))
                .withMessageContaining("names are not looked up");
        Access access = Access.ALL.allow("10.0.0.0/8").deny("10.1.0.0/16");
        assertThat(access.allowed()).containsExactly("10.0.0.0/8");
        assertThat(access.denied()).containsExactly("10.1.0.0/16");
    }
}
