package io.evio.conformance;

import static io.evio.testing.ProxyBytes.LOCAL;
import static io.evio.testing.ProxyBytes.PROXY;
import static io.evio.testing.ProxyBytes.TCP4;
import static io.evio.testing.ProxyBytes.TCP6;
import static io.evio.testing.ProxyBytes.UNIX;
import static io.evio.testing.ProxyBytes.UNSPECIFIED;
import static io.evio.testing.ProxyBytes.ascii;
import static io.evio.testing.ProxyBytes.join;
import static io.evio.testing.ProxyBytes.tcp;
import static io.evio.testing.ProxyBytes.tlv;
import static io.evio.testing.ProxyBytes.unix;
import static io.evio.testing.ProxyBytes.version2;
import static io.evio.testing.ProxyBytes.withChecksum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.Connection;
import io.evio.ConnectionStats;
import io.evio.EvioServer;
import io.evio.ProxyHeaders;
import io.evio.ProxyInfo;
import io.evio.ProxyProtocol;
import io.evio.Target;
import io.evio.Tls;
import io.evio.testing.Certificates;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that begin with a PROXY header: what the handler sees of them, and which it never sees. */
@WithoutLayer("A connection begins with its header, which is read as it is")
class ProxyProtocolTest extends ConformanceTest {

    private static final String PROXY_PORT = "proxy+tcp://127.0.0.1:0";

    private static final byte[] V1 = ascii("PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n");
    private static final byte[] V2 = version2(PROXY, TCP4, tcp("203.0.113.7", 40_000, "192.0.2.1", 443));

    private static final SocketAddress CLIENT = new InetSocketAddress("203.0.113.7", 40_000);
    private static final SocketAddress SERVICE = new InetSocketAddress("192.0.2.1", 443);

    private final Connections accepted = new Connections();
    private final TestHandler handler = TestHandler.echo().onOpened(accepted);

    private EvioServer.Builder proxied(TestHandler handler, String... addresses) {
        return builder(handler, addresses).proxyProtocol(ProxyHeaders.from("127.0.0.1", "::1", "unix"));
    }

    private EvioServer server(String... addresses) throws IOException {
        return start(proxied(handler, addresses.length == 0 ? new String[] {PROXY_PORT} : addresses));
    }

    private static void requireEcho(Client client) throws IOException {
        client.send("ping");
        assertThat(client.read(4)).isEqualTo("ping");
    }

    /** Only now a client is refused: what came before was. */
    private static void requireNoEvent(TestHandler handler) {
        assertThat(handler.names()).doesNotContain("opened", "data", "closed", "prewrite");
    }

    @Test
    void addressesAreThoseOfTheHeader() throws Exception {
        EvioServer server = server();
        for (byte[] header : List.of(V1, V2)) {
            Client client = connect(server);
            client.send(header);
            Connection connection = accepted.next();
            assertThat(connection.remoteAddress()).isEqualTo(CLIENT);
            assertThat(connection.localAddress()).isEqualTo(SERVICE);
            ProxyInfo proxy = connection.proxy();
            assertThat(proxy.version()).isEqualTo(header == V1 ? ProxyProtocol.V1 : ProxyProtocol.V2);
            assertThat(proxy.command()).isEqualTo(ProxyInfo.Command.PROXY);
            assertThat(proxy.hasAddresses()).isTrue();
            assertThat(proxy.realRemoteAddress()).isEqualTo(client.channel().getLocalAddress());
            assertThat(proxy.realLocalAddress()).isEqualTo(client.channel().getRemoteAddress());
            assertThat(connection).asString().contains("203.0.113.7:40000 to ", " by /127.0.0.1:");
            requireEcho(client);
        }
        assertThat(server.stats().proxyHeaders()).isEqualTo(2);
        assertThat(server.stats().connectionsOpened()).isEqualTo(2);
        assertThat(server.stats().dataReceived()).as("wire bytes").isEqualTo(V1.length + V2.length + 8);
    }

    @Test
    void endpointsSeeBothAddresses() throws Exception {
        EvioServer server = server(PROXY_PORT, ANY_PORT);
        Client client = connect(server);
        client.send(V2);
        accepted.next();
        Client plain = connect(server.addresses().get(1));
        Connection direct = accepted.next();
        assertThat(direct.proxy()).isNull();
        assertThat(direct.remoteAddress()).isEqualTo(plain.channel().getLocalAddress());
        List<ConnectionStats> open = server.connections(0, 10);
        assertThat(open).hasSize(2);
        assertThat(open.get(0).remoteAddress()).isEqualTo(CLIENT);
        assertThat(open.get(0).proxy().realRemoteAddress())
                .isEqualTo(client.channel().getLocalAddress());
        assertThat(open.get(1).proxy()).isNull();
    }

    @Test
    void everyKindOfSocketTakesHeaders() throws Exception {
        for (String address : List.of(
                "proxy+tcp4://127.0.0.1:0", "proxy+tcp6://[::1]:0", "proxy+unix://" + folder.resolve("p.sock"))) {
            EvioServer server = server(address);
            assertThat(server.addresses().get(0).isProxied()).isTrue();
            assertThat(server.addresses().get(0)).asString().startsWith(address.replaceAll("0$", ""));
            Client client = connect(server);
            client.send(V2);
            assertThat(accepted.next().remoteAddress()).isEqualTo(CLIENT);
            requireEcho(client);
        }
    }

    @Test
    void otherFamiliesAreTold() throws Exception {
        EvioServer server = server();
        connect(server).send(version2(PROXY, TCP6, tcp("2001:db8::7", 1, "2001:db8::8", 2)));
        assertThat(accepted.next().remoteAddress()).isEqualTo(new InetSocketAddress("2001:db8::7", 1));
        connect(server).send(version2(PROXY, UNIX, unix("/run/client", "/run/server")));
        Connection unix = accepted.next();
        assertThat(unix.remoteAddress()).isEqualTo(UnixDomainSocketAddress.of("/run/client"));
        assertThat(unix.localAddress()).isEqualTo(UnixDomainSocketAddress.of("/run/server"));
        // The socket is one of TCP all the same.
        Connections.runOnLoop(unix, () -> unix.noDelay(true));
    }

    @Test
    void withoutAnAddressThePeersOwnIsTold() throws Exception {
        EvioServer server = server();
        for (byte[] header : List.of(
                ascii("PROXY UNKNOWN and whatever\r\n"),
                version2(LOCAL, UNSPECIFIED),
                version2(LOCAL, 0xff, new byte[300]),
                version2(PROXY, UNSPECIFIED))) {
            Client client = connect(server);
            client.send(header);
            Connection connection = accepted.next();
            assertThat(connection.remoteAddress()).isEqualTo(client.channel().getLocalAddress());
            assertThat(connection.localAddress()).isEqualTo(client.channel().getRemoteAddress());
            assertThat(connection.proxy().hasAddresses()).isFalse();
            assertThat(connection.proxy().command() == ProxyInfo.Command.LOCAL).isEqualTo(header[12] == LOCAL);
            requireEcho(client);
        }
    }

    @Test
    void valuesAreTold() throws Exception {
        connect(server())
                .send(withChecksum(version2(
                        PROXY,
                        TCP4,
                        tcp("203.0.113.7", 40_000, "192.0.2.1", 443),
                        tlv(0x01, ascii("h2")),
                        tlv(0x02, "bücher.example".getBytes(StandardCharsets.UTF_8)),
                        tlv(0x05, new byte[] {1, 2, 3}),
                        tlv(0x20, new byte[] {3, 0, 0, 0, 0}, tlv(0x21, ascii("TLSv1.3")), tlv(0x22, ascii("anna"))),
                        tlv(0x30, ascii("blue")),
                        tlv(0xe5, new byte[] {9}))));
        ProxyInfo proxy = accepted.next().proxy();
        assertThat(proxy.alpn()).isEqualTo("h2");
        assertThat(proxy.authority()).isEqualTo("bücher.example");
        assertThat(proxy.uniqueId()).containsExactly(1, 2, 3);
        assertThat(proxy.networkNamespace()).isEqualTo("blue");
        assertThat(proxy.tlv(0xe5)).containsExactly(9);
        assertThat(proxy.tlv(0xe6)).isNull();
        assertThat(proxy.tlvs())
                .extracting(ProxyInfo.Tlv::type)
                .containsExactly(0x01, 0x02, 0x05, 0x20, 0x30, 0xe5, 0x03);
        assertThat(proxy.tlvs().get(2).value()).containsExactly(1, 2, 3);
        ProxyInfo.Ssl ssl = proxy.ssl();
        assertThat(ssl.isTls()).isTrue();
        assertThat(ssl.hasClientCertificate()).isTrue();
        assertThat(ssl.isVerified()).isTrue();
        assertThat(ssl.version()).isEqualTo("TLSv1.3");
        assertThat(ssl.commonName()).isEqualTo("anna");
        assertThat(ssl.cipher()).isNull();
        assertThat(ssl.tlvs()).extracting(ProxyInfo.Tlv::type).containsExactly(0x21, 0x22);
    }

    @Test
    void aCertificateThatIsNotVerifiedIsNone() throws Exception {
        EvioServer server = server();
        byte[] addresses = tcp("203.0.113.7", 1, "192.0.2.1", 2);
        connect(server).send(version2(PROXY, TCP4, addresses, tlv(0x20, new byte[] {1, 0, 0, 0, 0})));
        assertThat(accepted.next().proxy().ssl().isVerified())
                .as("none was shown")
                .isFalse();
        connect(server).send(version2(PROXY, TCP4, addresses, tlv(0x20, new byte[] {3, 0, 0, 0, 1})));
        assertThat(accepted.next().proxy().ssl().isVerified())
                .as("it is no good")
                .isFalse();
    }

    @Test
    void nothingFiresBeforeTheHeaderIsComplete() throws Exception {
        EvioServer server = server();
        for (byte[] header : List.of(V1, V2)) {
            Client client = connect(server);
            for (int at = 0; at < header.length - 1; at++) {
                client.send(new byte[] {header[at]});
                int soFar = at + 1;
                long before = server.stats().connectionsOpened() * (V1.length + 4);
                Eventually.isTrue("it is read", () -> server.stats().dataReceived() >= before + soFar);
            }
            assertThat(handler.count("opened")).isEqualTo(header == V1 ? 0 : 1);
            client.send(new byte[] {header[header.length - 1]});
            assertThat(accepted.next().remoteAddress()).isEqualTo(CLIENT);
            requireEcho(client);
        }
        assertThat(handler.names(1)).startsWith("opened", "data");
    }

    /** Header and data in one piece, cut at every place. */
    @Test
    void noByteBehindTheHeaderIsLost() throws Exception {
        EvioServer server = server();
        for (byte[] header : List.of(V1, V2)) {
            byte[] all = join(header, ascii("hello"));
            for (int cut = header.length - 2; cut <= all.length; cut++) {
                Client client = connect(server);
                client.send(Arrays.copyOf(all, cut));
                client.send(Arrays.copyOfRange(all, cut, all.length));
                assertThat(client.read(5)).isEqualTo("hello");
                assertThat(accepted.next().remoteAddress()).isEqualTo(CLIENT);
                client.close();
            }
        }
    }

    @Test
    void muchBehindTheHeaderComesInOrder() throws Exception {
        EvioServer server = server();
        Client client = connect(server);
        byte[] much = PatternBytes.bytes(0, 300_000);
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try {
                client.send(join(V1, much)).shutdownOutput();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(client.readBytesToEnd()).isEqualTo(much);
        sending.join();
    }

    @Test
    void aHeaderWithTheEndOfInputIsOpenedAndEnds() throws Exception {
        Client client = connect(server());
        client.send(join(V2, ascii("bye"))).shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("bye");
        handler.await("closed");
        assertThat(handler.events("closed").get(0).error()).isNull();
    }

    @Test
    void aSecondHeaderIsDataLikeAnyOther() throws Exception {
        Client client = connect(server());
        client.send(join(V1, V1));
        assertThat(client.readBytes(V1.length)).isEqualTo(V1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
                "PROXY TCP4 1.2.3.4 1.2.3.4 1 65536\r\nhello",
                "\r\n\r\n\0\r\nQUIT\n\u0021\u0012\0\u000c",
                "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 "
                        + "................................................................................",
            })
    void aWrongHeaderEndsTheConnectionAtOnceAndFiresNothing(String text) throws Exception {
        try (LogCapture log = new LogCapture()) {
            EvioServer server = server();
            for (int i = 0; i < 3; i++) {
                Client client = connect(server);
                client.send(text);
                assertThat(client.isEnded()).isTrue();
            }
            Eventually.isTrue("they are counted", () -> server.stats().proxyErrors() == 3);
            requireNoEvent(handler);
            assertThat(server.stats().proxyHeaders()).isZero();
            assertThat(server.stats().connectionsOpened()).isZero();
            assertThat(log.lines(Level.WARN)).as("one line a minute").hasSize(1);
            assertThat(log.lines(Level.WARN).get(0).getFormattedMessage())
                    .startsWith("Evio 'test': a connection is closed: the PROXY header of connection 1 of test"
                            + " (/127.0.0.1:")
                    .contains(" is wrong: ")
                    .doesNotContain("\r", "\n", "\0");
        }
    }

    @Test
    void aWrongHeaderEndsTheConnectionByAReset() throws Exception {
        Client client = connect(server());
        client.send("x");
        assertThat(catchThrowable(client::readToEnd))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("reset");
    }

    @Test
    void anIncompleteHeaderIsAWrongOneAndNoByteIsNone() throws Exception {
        EvioServer server = server();
        connect(server).close();
        connect(server).shutdownOutput();
        Client half = connect(server);
        half.send("PROXY TCP4 1.2").shutdownOutput();
        assertThat(half.isEnded()).isTrue();
        Client reset = connect(server);
        reset.send("PROXY");
        Eventually.isTrue("it is read", () -> server.stats().dataReceived() == 19);
        reset.reset();
        Eventually.isTrue("both are counted", () -> server.stats().proxyErrors() == 2);
        requireNoEvent(handler);
    }

    @Test
    void aHeaderThatTakesTooLongIsCut() throws Exception {
        EvioServer server = start(proxied(handler, PROXY_PORT)
                .proxyProtocol(ProxyHeaders.from("127.0.0.1").timeout(Duration.ofMillis(200))));
        Client silent = connect(server);
        Client slow = connect(server);
        slow.send("PROXY ");
        Client good = connect(server);
        good.send(V1);
        assertThat(silent.isEnded()).isTrue();
        assertThat(slow.isEnded()).isTrue();
        Eventually.isTrue("they are counted", () -> server.stats().cutByProxyTimeout() == 2);
        assertThat(server.stats().proxyErrors()).isZero();
        // Its time is over too, and of no concern to one that is open.
        requireEcho(good);
        assertThat(handler.count("opened")).isEqualTo(1);
    }

    @Test
    void maxLengthIsKept() throws Exception {
        EvioServer server = start(proxied(handler, PROXY_PORT)
                .proxyProtocol(ProxyHeaders.from("127.0.0.1").maxLength(300)));
        Client fits = connect(server);
        fits.send(version2(PROXY, TCP4, tcp("1.2.3.4", 1, "1.2.3.4", 2), tlv(4, new byte[300 - 28 - 3])));
        requireEcho(fits);
        Client longer = connect(server);
        longer.send(version2(PROXY, TCP4, tcp("1.2.3.4", 1, "1.2.3.4", 2), tlv(4, new byte[301 - 28 - 3])));
        assertThat(longer.isEnded()).isTrue();
        Eventually.isTrue("it is counted", () -> server.stats().proxyErrors() == 1);
    }

    @Test
    void anUntrustedPeerIsRefusedBeforeAByteIsRead() throws Exception {
        try (LogCapture log = new LogCapture()) {
            EvioServer server = start(proxied(handler, PROXY_PORT, ANY_PORT)
                    .proxyProtocol(ProxyHeaders.from("10.0.0.0/8", "unix", "::1")));
            for (int i = 0; i < 3; i++) {
                Client client = connect(server);
                try {
                    client.send(V1);
                } catch (IOException refusedAlready) {
                    // As it should be.
                }
                assertThat(client.isEnded()).isTrue();
            }
            Eventually.isTrue("they are counted", () -> server.stats().refusedUntrusted() == 3);
            assertThat(server.stats().dataReceived()).isZero();
            requireNoEvent(handler);
            // An address that expects no header is for everybody.
            requireEcho(connect(server.addresses().get(1)));
            assertThat(log.lines(Level.WARN)).hasSize(1);
            assertThat(log.lines(Level.WARN).get(0).getFormattedMessage())
                    .startsWith("Evio 'test': a connection is refused because its peer is none of the trusted proxies:"
                            + " /127.0.0.1:");
        }
    }

    @Test
    void anUntrustedUnixPeerIsRefused() throws Exception {
        EvioServer server = start(proxied(handler, "proxy+unix://" + folder.resolve("p.sock"))
                .proxyProtocol(ProxyHeaders.from("127.0.0.1")));
        assertThat(connect(server).isEnded()).isTrue();
        Eventually.isTrue("it is counted", () -> server.stats().refusedUntrusted() == 1);
    }

    @Test
    void openedMayWriteAndCloseAndDetachAndPause() throws Exception {
        handler.onOpened((connection, out) -> {
            out.writeAscii("hi");
            return Action.CLOSE;
        });
        Client client = connect(server());
        client.send(join(V1, ascii("unread")));
        assertThat(client.readToEnd()).isEqualTo("hi");
        assertThat(handler.names()).doesNotContain("data");

        CompletableFuture<String> detached = new CompletableFuture<>();
        handler.onOpened((connection, out) -> Action.DETACH).onDetached((connection, channel) -> {
            try (channel) {
                ByteBuffer in = ByteBuffer.allocate(5);
                channel.read(in);
                detached.complete(new String(in.array(), 0, in.position(), StandardCharsets.US_ASCII)
                        + connection.remoteAddress());
            }
            return Action.NONE;
        });
        connect(server()).send(join(V2, ascii("first")));
        assertThat(detached.get(15, TimeUnit.SECONDS)).isEqualTo("first" + CLIENT);

        BlockingQueue<Connection> paused = new LinkedBlockingQueue<>();
        handler.onOpened((connection, out) -> {
            connection.pauseReading();
            paused.add(connection);
            return Action.NONE;
        });
        Client held = connect(server());
        held.send(join(V1, ascii("later")));
        Connection connection = paused.take();
        Connections.runOnLoop(
                connection, () -> assertThat(handler.names(connection.id())).doesNotContain("data"));
        connection.resumeReading();
        assertThat(held.read(5)).isEqualTo("later");
    }

    @Test
    void writesAreMeteredAsOnOtherConnections() throws Exception {
        EvioServer server = server();
        Client client = connect(server);
        client.send(join(V2, ascii("ping")));
        assertThat(client.read(4)).isEqualTo("ping");
        handler.await("postwrite");
        assertThat(handler.names(1)).containsSubsequence("opened", "data", "prewrite", "postwrite");
        assertThat(handler.amount("prewrite")).isEqualTo(4);
        assertThat(server.stats().prewriteBytes()).isEqualTo(4);
    }

    @Test
    void tlsComesBehindTheHeader() throws Exception {
        EvioServer server =
                start(proxied(handler, "proxy+tls://127.0.0.1:0").tls(Tls.of(Certificates.LOCALHOST.serverContext())));
        Client wire = connect(server);
        wire.send(V2);
        TlsClient client =
                TlsClient.over(wire, Certificates.LOCALHOST.trustingContext()).handshake();
        Connection connection = accepted.next();
        assertThat(connection.remoteAddress()).isEqualTo(CLIENT);
        assertThat(connection.proxy().version()).isEqualTo(ProxyProtocol.V2);
        assertThat(connection.tls().protocol()).isEqualTo("TLSv1.3");
        client.send("ping");
        assertThat(client.read(4)).isEqualTo("ping");

        // Header and hello in one piece, and cut anywhere.
        for (int cut : new int[] {0, 1, V1.length - 1, V1.length, V1.length + 1, V1.length + 100}) {
            Client pieces = connect(server);
            TlsClient inPieces = TlsClient.over(pieces, Certificates.LOCALHOST.trustingContext());
            byte[] all = join(V1, inPieces.hello());
            pieces.send(Arrays.copyOf(all, cut));
            pieces.send(Arrays.copyOfRange(all, cut, all.length));
            inPieces.handshake();
            assertThat(accepted.next().remoteAddress()).isEqualTo(CLIENT);
            inPieces.send("ping");
            assertThat(inPieces.read(4)).isEqualTo("ping");
        }
        Client noTls = connect(server);
        noTls.send(join(V1, ascii("GET / HTTP/1.0\r\n\r\n")));
        assertThat(noTls.isEnded()).isTrue();
        Eventually.isTrue("it is an error of TLS", () -> server.stats().tlsHandshakeErrors() == 1);
        assertThat(server.stats().proxyErrors()).isZero();
    }

    /** The hello in the place of the header: TLS does not come first. */
    @Test
    void aHandshakeIsNoHeader() throws Exception {
        EvioServer server =
                start(proxied(handler, "proxy+tls://127.0.0.1:0").tls(Tls.of(Certificates.LOCALHOST.serverContext())));
        Client wire = connect(server);
        wire.send(TlsClient.over(wire, Certificates.LOCALHOST.trustingContext()).hello());
        assertThat(wire.isEnded()).isTrue();
        Eventually.isTrue("it is an error of the header", () -> server.stats().proxyErrors() == 1);
    }

    @Test
    void aHandshakeHasItsWholeTimeBehindTheHeader() throws Exception {
        EvioServer server = start(proxied(handler, "proxy+tls://127.0.0.1:0")
                .proxyProtocol(ProxyHeaders.from("127.0.0.1").timeout(Duration.ofSeconds(10)))
                .tls(Tls.of(Certificates.LOCALHOST.serverContext()).handshakeTimeout(Duration.ofMillis(800))));
        long began = System.nanoTime();
        Client late = connect(server);
        Eventually.isTrue("longer than a handshake may take", () -> System.nanoTime() - began > 1_000_000_000L);
        late.send(V1);
        TlsClient.over(late, Certificates.LOCALHOST.trustingContext()).handshake();
        Client silent = connect(server);
        silent.send(V1);
        assertThat(silent.isEnded()).isTrue();
        Eventually.isTrue("it is counted", () -> server.stats().cutByHandshakeTimeout() == 1);
        assertThat(server.stats().cutByProxyTimeout()).isZero();
    }

    @Test
    void targetsOfOurOwnSendWhatIsRead() throws Exception {
        for (ProxyProtocol version : ProxyProtocol.values()) {
            for (String address : List.of(PROXY_PORT, "proxy+unix://" + folder.resolve(version + ".sock"))) {
                EvioServer backend = server(address);
                BlockingQueue<Connection> clients = new LinkedBlockingQueue<>();
                Target target = Target.of(backend.addresses().get(0).toString().replace("proxy+", ""))
                        .proxyProtocol(version);
                TestHandler front = new TestHandler().onOpened((connection, out) -> {
                    clients.add(connection);
                    connection.relay(connection.connect(target, new TestHandler()));
                    return Action.NONE;
                });
                EvioServer proxy = start(builder(front, ANY_PORT).name("front"));
                Client client = connect(proxy);
                requireEcho(client);
                Connection seen = accepted.next();
                assertThat(seen.remoteAddress()).isEqualTo(clients.take().remoteAddress());
                assertThat(seen.localAddress()).isEqualTo(client.channel().getRemoteAddress());
                assertThat(seen.proxy().version()).isEqualTo(version);
            }
        }
    }

    /** A proxy behind a proxy: the header that goes on is about the client. */
    @Test
    void headersArePassedOn() throws Exception {
        EvioServer backend = server();
        Target target = Target.of(backend.addresses().get(0).toString().replace("proxy+", ""))
                .proxyProtocol(ProxyProtocol.V2);
        TestHandler front = new TestHandler().onOpened((connection, out) -> {
            connection.relay(connection.connect(target, new TestHandler()));
            return Action.NONE;
        });
        Client client = connect(start(proxied(front, PROXY_PORT).name("front")));
        // The data comes with the header, before the relay has where to send it.
        client.send(join(V1, ascii("early")));
        assertThat(client.read(5)).isEqualTo("early");
        Connection seen = accepted.next();
        assertThat(seen.remoteAddress()).isEqualTo(CLIENT);
        assertThat(seen.localAddress()).isEqualTo(SERVICE);
    }

    @Test
    void severalLoopsReadHeaders() throws Exception {
        for (String address : List.of(PROXY_PORT, "proxy+unix://" + folder.resolve("p.sock"))) {
            EvioServer server = start(proxied(handler, address).loops(3));
            for (int i = 0; i < 12; i++) {
                Client client = connect(server);
                client.send(i % 2 == 0 ? V1 : V2);
                assertThat(accepted.next().remoteAddress()).isEqualTo(CLIENT);
                requireEcho(client);
            }
            assertThat(server.stats().proxyHeaders()).isEqualTo(12);
        }
    }

    @Test
    void aStopServesAHeaderThatHasBegunAndNoneThatHasNot() throws Exception {
        EvioServer server = server();
        Client silent = connect(server);
        Client begun = connect(server);
        begun.send("PROXY TCP4 203.0.113.7");
        Eventually.isTrue("it is read", () -> server.stats().dataReceived() == 22);
        CompletableFuture<Boolean> stopped = CompletableFuture.supplyAsync(() -> server.stop(Duration.ofSeconds(10)));
        assertThat(silent.isEnded()).isTrue();
        begun.send(" 192.0.2.1 40000 443\r\nlast");
        assertThat(begun.read(4)).isEqualTo("last");
        assertThat(begun.isEnded()).isTrue();
        assertThat(stopped.get(15, TimeUnit.SECONDS)).isTrue();
        assertThat(handler.events("closed")).hasSize(1);
    }

    @Test
    void aStopWithoutGraceEndsHeadersAtOnce() throws Exception {
        EvioServer server = server();
        Client begun = connect(server);
        begun.send("PROXY TCP4");
        Eventually.isTrue("it is read", () -> server.stats().dataReceived() == 10);
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertThat(begun.isEnded()).isTrue();
        requireNoEvent(handler);
    }

    @Test
    void aStopServesWhatHasArrivedUnread() throws Exception {
        CompletableFuture<Void> blocked = new CompletableFuture<>();
        CompletableFuture<Void> blocking = new CompletableFuture<>();
        handler.onData((connection, in, out) -> {
            if (in.get(in.position()) == 'b') {
                blocking.complete(null);
                blocked.join();
                return Action.SHUTDOWN;
            }
            out.write(in);
            return Action.NONE;
        });
        EvioServer server = start(proxied(handler, PROXY_PORT).gracePeriod(Duration.ofSeconds(10)));
        Client blocker = connect(server);
        Client waiting = connect(server);
        blocker.send(join(V1, ascii("b")));
        blocking.get(15, TimeUnit.SECONDS);
        waiting.send(join(V2, ascii("served")));
        blocked.complete(null);
        assertThat(waiting.read(6)).isEqualTo("served");
        assertThat(waiting.isEnded()).isTrue();
    }

    @Test
    void anAddressNeedsTrustedProxies() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder(handler, PROXY_PORT).build())
                .withMessageContaining(PROXY_PORT)
                .withMessageContaining("proxyProtocol(ProxyHeaders.from(\"10.0.0.0/8\"))");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyHeaders.from())
                .withMessageContaining("There must be a trusted proxy");
        try (LogCapture log = new LogCapture()) {
            proxied(handler, ANY_PORT).build();
            assertThat(log.lines(Level.WARN)).singleElement().asString().contains("proxy+tcp://host:port");
        }
    }

    @Test
    void settingsAreRefusedOutOfTheirRange() {
        ProxyHeaders headers = ProxyHeaders.from("127.0.0.1");
        assertThat(headers.timeout()).isEqualTo(Duration.ofSeconds(5));
        assertThat(headers.maxLength()).isEqualTo(4096);
        assertThat(headers.trustedProxies()).containsExactly("127.0.0.1");
        for (int length : new int[] {231, 65_552}) {
            assertThatIllegalArgumentException().isThrownBy(() -> headers.maxLength(length));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> headers.timeout(Duration.ZERO));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ProxyHeaders.from("localhost"))
                .withMessageContaining("names are not looked up");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Target.of("proxy+tcp://127.0.0.1:80"))
                .withMessageContaining("Target.proxyProtocol");
    }
}
