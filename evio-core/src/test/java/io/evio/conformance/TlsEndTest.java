package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.CloseReason;
import io.evio.EvioServer;
import io.evio.TlsInfo;
import io.evio.testing.Certificates;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.TlsClient;
import io.evio.testing.TlsConformanceTest;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ends of TLS connections, by each of their sides. */
class TlsEndTest extends TlsConformanceTest {

    private final BlockingQueue<CloseReason> reasons = new LinkedBlockingQueue<>();
    private final BlockingQueue<TlsInfo> ended = new LinkedBlockingQueue<>();

    private TestHandler noting(TestHandler handler) {
        return handler.onClosed((connection, error) -> {
            reasons.add(connection.closeReason());
            ended.add(connection.tls());
            return Action.NONE;
        });
    }

    private CloseReason nextReason() throws InterruptedException {
        return reasons.poll(10, TimeUnit.SECONDS);
    }

    /** T14: the peer's close_notify is answered by what is pending, ours and the wire's end, in both versions. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t14CloseNotifyIsAnswered(String version) throws Exception {
        EvioServer server = startTls(noting(TestHandler.echo()));
        TlsClient client = connectTls(server, version);
        client.send("last").closeOutput();
        assertThat(client.readToEnd()).isEqualTo("last");
        assertThat(client.wire().readBytesToEnd()).isEmpty();
        assertThat(nextReason()).isEqualTo(CloseReason.PEER_ENDED);
        assertThat(ended.take().isTruncated()).isFalse();
    }

    /** T14: in TLS 1.3 the other side goes on as long as the handler likes. */
    @Test
    void t14CloseNotifyIsAHalfCloseInTls13() throws Exception {
        TestHandler handler = noting(new TestHandler()
                .onOpened((connection, out) -> {
                    connection.allowHalfOpen(true);
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    in.position(in.limit());
                    if (!connection.isInputEnded()) {
                        return Action.NONE;
                    }
                    Integer said = connection.attachment();
                    connection.attach(said == null ? 1 : said + 1);
                    out.writeAscii("after " + connection.attachment() + ";");
                    if (said != null && said == 4) {
                        return Action.CLOSE;
                    }
                    connection.wakeAfter(Duration.ofMillis(20));
                    return Action.NONE;
                }));
        EvioServer server = startTls(handler);
        TlsClient client = connectTls(server, TLS13);
        client.send("x").closeOutput();
        assertThat(client.readToEnd()).isEqualTo("after 1;after 2;after 3;after 4;after 5;");
        assertThat(nextReason()).isEqualTo(CloseReason.HANDLER);
    }

    /** T14: much is pending when the peer's close_notify comes; all of it arrives in TLS 1.3. */
    @Test
    void t14PendingOutputGoesOutFirst() throws Exception {
        int size = 8 * 1024 * 1024;
        EvioServer server = startTls(noting(new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            for (int at = 0; at < size; at += PatternBytes.MAX_LENGTH) {
                out.write(PatternBytes.at(at, PatternBytes.MAX_LENGTH));
            }
            return Action.NONE;
        })));
        TlsClient client = connectTls(server, TLS13);
        client.send("go").closeOutput();
        PatternBytes.check(0, size, client.readBytesToEnd());
        assertThat(nextReason()).isEqualTo(CloseReason.PEER_ENDED);
    }

    /** T14 in TLS 1.2: the event that comes in one piece with the end still gets to answer. */
    @Test
    void t14InTls12TheLastEventStillAnswers() throws Exception {
        EvioServer server = startTls(noting(TestHandler.echo()));
        for (int i = 0; i < 20; i++) {
            TlsClient client = connectTls(server, TLS12);
            byte[] data = client.wrap(PatternBytes.bytes(0, 1000));
            byte[] end = client.closeNotify();
            byte[] both = Arrays.copyOf(data, data.length + end.length);
            System.arraycopy(end, 0, both, data.length, end.length);
            client.wire().send(both);
            PatternBytes.check(0, 1000, client.readBytesToEnd());
            client.close();
        }
    }

    /** T15: an end without close_notify is visible, also where TLS 1.3's session goes on to be resumed. */
    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void t15AnEndWithoutCloseNotifyIsVisible(String version) throws Exception {
        EvioServer server = startTls(noting(TestHandler.echo()));
        TlsClient client = connectTls(server, version);
        requireEcho(client);
        client.wire().shutdownOutput();
        assertThat(client.readToEnd()).isEmpty();
        assertThat(nextReason()).isEqualTo(CloseReason.PEER_ENDED);
        assertThat(ended.take().isTruncated()).isTrue();
    }

    /** T15: the handler sees it in the last event, before it trusts what it has. */
    @Test
    void t15TheLastEventSeesIt() throws Exception {
        BlockingQueue<Boolean> truncated = new LinkedBlockingQueue<>();
        EvioServer server = startTls(new TestHandler().onData((connection, in, out) -> {
            if (connection.isInputEnded()) {
                truncated.add(connection.tls().isTruncated());
            }
            return Action.NONE;
        }));
        TlsClient cut = connectTls(server);
        cut.send("half a message");
        cut.wire().shutdownOutput();
        assertThat(truncated.poll(10, TimeUnit.SECONDS)).isTrue();
        TlsClient whole = connectTls(server);
        whole.send("half a message").closeOutput();
        assertThat(truncated.poll(10, TimeUnit.SECONDS)).isFalse();
    }

    /** T15: a truncated connection's session can be resumed: closeInbound is never called. */
    @Test
    void t15SessionsOfTruncatedConnectionsAreResumed() throws Exception {
        EvioServer server = startTls(TestHandler.echo());
        SSLContext trusting = Certificates.LOCALHOST.trustingContext();
        for (int i = 0; i < 3; i++) {
            TlsClient client = TlsClient.over(connect(server), trusting, TLS12).handshake();
            requireEcho(client);
            client.close();
            int ends = i + 1;
            Eventually.isTrue("its end", () -> server.stats().connectionsClosed() == ends);
        }
        assertThat(server.stats().tlsResumed()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void closingSaysSo(String version) throws Exception {
        EvioServer server = startTls(noting(new TestHandler().onData((connection, in, out) -> {
            out.writeAscii("bye");
            return Action.CLOSE;
        })));
        TlsClient client = connectTls(server, version);
        client.send("x");
        // With close_notify: readToEnd would fail without.
        assertThat(client.readToEnd()).isEqualTo("bye");
        assertThat(nextReason()).isEqualTo(CloseReason.HANDLER);
    }

    @ParameterizedTest
    @ValueSource(strings = {TLS12, TLS13})
    void abortSaysNothing(String version) throws Exception {
        EvioServer server = startTls(noting(new TestHandler().onData((connection, in, out) -> {
            connection.abort();
            return Action.NONE;
        })));
        TlsClient client = connectTls(server, version);
        client.send("x");
        assertThatThrownBy(client::readToEnd).isInstanceOf(IOException.class);
        assertThat(nextReason()).isEqualTo(CloseReason.ABORTED);
    }

    /** Our side ends, the peer's goes on: only in TLS 1.3 does the peer still send. */
    @Test
    void endOutputIsAHalfCloseInTls13() throws Exception {
        BlockingQueue<Integer> got = new LinkedBlockingQueue<>();
        EvioServer server = startTls(noting(new TestHandler()
                .onOpened((connection, out) -> {
                    out.writeAscii("that was all");
                    connection.endOutput();
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    got.add(in.remaining());
                    in.position(in.limit());
                    return Action.NONE;
                })));
        TlsClient client = connectTls(server, TLS13);
        assertThat(client.readToEnd()).isEqualTo("that was all");
        client.send("still here");
        assertThat(got.poll(10, TimeUnit.SECONDS)).isEqualTo(10);
        client.closeOutput();
        assertThat(nextReason()).isEqualTo(CloseReason.PEER_ENDED);
    }

    @Test
    void aResetIsAReset() throws Exception {
        EvioServer server = startTls(noting(TestHandler.echo()));
        TlsClient client = connectTls(server);
        requireEcho(client);
        client.wire().reset();
        assertThat(nextReason()).isEqualTo(CloseReason.PEER_RESET);
    }

    @Test
    void aBrokenRecordIsAFailure() throws Exception {
        EvioServer server = startTls(noting(TestHandler.echo()));
        TlsClient client = connectTls(server);
        client.wire().send(new byte[] {23, 3, 3, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0});
        assertThatThrownBy(client::readToEnd).isNotInstanceOf(EOFException.class);
        assertThat(nextReason()).isEqualTo(CloseReason.FAILURE);
    }

    @Test
    void aStoppedServerSaysSo() throws Exception {
        EvioServer server = startTls(noting(TestHandler.echo()));
        TlsClient client = connectTls(server);
        requireEcho(client);
        assertThat(server.stop(Duration.ofSeconds(5))).isTrue();
        assertThat(client.readToEnd()).isEmpty();
        assertThat(nextReason()).isEqualTo(CloseReason.SERVER_STOP);
    }

    /** Input that arrived before a stop is answered whole; none of it is lost under load. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void aStopUnderLoadLosesNothing(int loops) throws Exception {
        EvioServer server =
                start(tlsBuilder(noting(TestHandler.echo().withoutLog())).loops(loops));
        int clients = 6;
        CountDownLatch busy = new CountDownLatch(clients);
        try (Crowd crowd = Crowd.start(clients, index -> {
            try (TlsClient client = TlsClient.connect(
                            server.addresses().get(0), Certificates.LOCALHOST.trustingContext())
                    .handshake()) {
                long position = 0;
                for (int i = 0; ; i++) {
                    if (i == 20) {
                        busy.countDown();
                    }
                    client.send(PatternBytes.bytes(position, 3000));
                    byte[] answer = new byte[0];
                    try {
                        answer = client.readBytes(3000);
                    } catch (EOFException e) {
                        // An end between requests, with close_notify; never one within a reply.
                        assertThat(e).hasMessage("The input ends after 0 of 3000 bytes");
                        return;
                    }
                    PatternBytes.check(position, 3000, answer);
                    position += 3000;
                }
            }
        })) {
            Eventually.reached(busy);
            assertThat(server.stop(Duration.ofSeconds(10))).isTrue();
            crowd.join();
        }
        assertThat(server.stats().connectionsCutOff()).isZero();
    }
}
