package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Tls;
import io.evio.testing.Certificates;
import io.evio.testing.Client;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import io.evio.testing.PatternBytes;
import io.evio.testing.Programs;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Netty's engines over BoringSSL, whose native memory is nobody's until they are released. */
class TlsReferenceCountedTest extends TlsConformanceTest {

    private final Queue<SSLEngine> made = new ConcurrentLinkedQueue<>();
    private LogCapture log;
    private SslContext context;

    @BeforeEach
    void makeContext() throws SSLException {
        if (!OpenSsl.isAvailable()) {
            Programs.unavailable("Netty has no BoringSSL for this system: " + OpenSsl.unavailabilityCause());
        }
        context = SslContextBuilder.forServer(Certificates.LOCALHOST.key(), Certificates.LOCALHOST.certificate())
                .sslProvider(SslProvider.OPENSSL_REFCNT)
                .build();
        log = new LogCapture();
    }

    @AfterEach
    void releaseContext() {
        log.close();
        ReferenceCountUtil.release(context);
    }

    private EvioServer server(TestHandler handler) throws Exception {
        Tls tls = Tls.of((serverName, peer) -> {
            SSLEngine engine = context.newEngine(ByteBufAllocator.DEFAULT);
            made.add(engine);
            return engine;
        });
        return startTls(handler, tls.handshakeTimeout(Duration.ofSeconds(30)));
    }

    /** A release too many would be logged. */
    private void assertAllAreReleased(int engines) {
        assertThat(made).hasSize(engines);
        Eventually.holds(() -> assertThat(made)
                .allSatisfy(
                        engine -> assertThat(ReferenceCountUtil.refCnt(engine)).isZero()));
        assertThat(log.lines()).noneMatch(line -> line.getFormattedMessage().contains("could not be released"));
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void anEngineServes(String version) throws Exception {
        TlsClient client = connectTls(server(TestHandler.echo()), version);
        for (int size : new int[] {1, 1000, 16_384, 16_385, 70_000}) {
            client.send(PatternBytes.bytes(size, size));
            PatternBytes.check(size, size, client.readBytes(size));
        }
        assertThat(ReferenceCountUtil.refCnt(made.peek())).isEqualTo(1);
        client.send("last").closeOutput();
        assertThat(client.readToEnd()).isEqualTo("last");
        assertAllAreReleased(1);
    }

    /** The engine notices the end of the handshake only when it is called once more, and no byte has come since. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t6ServersThatSpeakFirstOpenAtOnce(String version) throws Exception {
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            out.writeAscii("220 ready");
            return Action.NONE;
        });
        TlsClient client = connectTls(server(handler), version);
        assertThat(client.read(9)).isEqualTo("220 ready");
    }

    @Test
    void t25EnginesAreReleasedOnceHoweverTheyEnd() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = server(handler);
        // By a reset, in the middle of a handshake, by what is no hello, by a certificate that is not trusted.
        TlsClient reset = connectTls(server);
        requireEcho(reset);
        reset.wire().reset();
        TlsClient half = unconnectedTls(server);
        half.wire().send(half.hello());
        assertThat(half.wire().readBytes(5)).hasSize(5);
        half.close();
        Client broken = connect(server).send("\u0016\u0003\u0001\u0000\u0002no hello");
        assertThat(broken.isEnded()).isTrue();
        TlsClient distrustful = TlsClient.over(connect(server), Certificates.OTHER.trustingContext());
        assertThat(catchThrowable(distrustful::handshake)).isInstanceOf(SSLException.class);
        distrustful.close();
        // By the handler, and by a stop.
        handler.onData((connection, in, out) -> {
            in.position(in.limit());
            return Action.CLOSE;
        });
        TlsClient closed = connectTls(server);
        closed.send("x");
        assertThat(closed.readToEnd()).isEmpty();
        connectTls(server);
        Eventually.isTrue("it is open", () -> server.stats().connectionsActive() == 1);
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertAllAreReleased(6);
    }

    /** A channel of its own has it until it is closed. */
    @Test
    void aDetachedConnectionReleasesItsEngine() throws Exception {
        TestHandler handler = new TestHandler()
                .onData((connection, in, out) -> {
                    in.position(in.limit());
                    return Action.DETACH;
                })
                .onDetached((connection, detached) -> {
                    new Thread(() -> {
                                try (detached) {
                                    detached.outputStream().write('!');
                                } catch (IOException e) {
                                    throw new AssertionError(e);
                                }
                            })
                            .start();
                    return Action.NONE;
                });
        TlsClient client = connectTls(server(handler));
        client.send("x");
        assertThat(client.read(1)).isEqualTo("!");
        assertAllAreReleased(1);
    }
}
