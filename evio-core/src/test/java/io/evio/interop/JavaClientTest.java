package io.evio.interop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.Action;
import io.evio.ClientAuth;
import io.evio.EvioServer;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The JDK's own client: {@code SSLSocket} and {@code java.net.http}. */
class JavaClientTest extends InteropTest {

    private SSLSocket connect(EvioServer server, SSLContext context, String... versions) throws IOException {
        SSLSocket socket = closeAfterwards(
                (SSLSocket) context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port(server)));
        socket.setSoTimeout((int) Eventually.PATIENCE.toMillis());
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        parameters.setServerNames(List.of(new SNIHostName("localhost")));
        if (versions.length > 0) {
            parameters.setProtocols(versions);
        }
        socket.setSSLParameters(parameters);
        return socket;
    }

    private static String echo(SSLSocket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
        return new String(socket.getInputStream().readNBytes(text.length()), StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void sendsAndReceivesMuch(String version) throws Exception {
        EvioServer server = start(TestHandler.echo().withoutLog(), tls());
        SSLSocket socket = connect(server, keys.context("client"), version);
        byte[] sent = new byte[5_000_000];
        new Random(1).nextBytes(sent);
        CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
            try {
                socket.getOutputStream().write(sent);
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(socket.getInputStream().readNBytes(sent.length)).isEqualTo(sent);
        sending.join();
        assertThat(socket.getSession().getProtocol()).isEqualTo(version);
    }

    /** In TLS 1.3 each side ends for itself: the answer to the end of input still comes. */
    @Test
    void endsItsSideAlone() throws Exception {
        EvioServer server = start(TestHandler.echo().withoutLog(), tls());
        SSLSocket socket = connect(server, keys.context("client"), "TLSv1.3");
        socket.getOutputStream().write("last".getBytes(StandardCharsets.ISO_8859_1));
        socket.shutdownOutput();
        assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("last");
        Eventually.isTrue("the end", () -> server.stats().connectionsClosed() == 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void resumesASession(String version) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        SSLContext context = keys.context("client");
        for (int i = 0; i < 3; i++) {
            SSLSocket socket = connect(server, context, version);
            assertThat(echo(socket, "hello")).isEqualTo("hello");
            socket.close();
        }
        assertThat(server.stats().tlsHandshakes()).isEqualTo(3);
        assertThat(server.stats().tlsResumed()).isEqualTo(2);
    }

    /** The version's own way to change keys: another handshake in 1.2, which is refused, and a key update in 1.3. */
    @Test
    void asksForNewKeys() throws Exception {
        TestHandler handler = TestHandler.echo();
        EvioServer server = start(handler, tls());
        SSLSocket newer = connect(server, keys.context("client"), "TLSv1.3");
        assertThat(echo(newer, "before")).isEqualTo("before");
        newer.startHandshake();
        assertThat(echo(newer, "after")).isEqualTo("after");
        SSLSocket older = connect(server, keys.context("client"), "TLSv1.2");
        assertThat(echo(older, "before")).isEqualTo("before");
        assertThatThrownBy(() -> {
                    older.startHandshake();
                    echo(older, "after");
                })
                .isInstanceOf(IOException.class);
        assertThat(handler.await("closed").error()).hasMessageContaining("renegotiation");
        assertThat(echo(newer, "and on")).isEqualTo("and on");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void showsItsCertificate(String version) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().clientAuth(ClientAuth.NEED));
        assertThat(echo(connect(server, keys.context("client"), version), "hello"))
                .isEqualTo("hello");
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void isToldThatItIsNotTrusted(String version) throws Exception {
        Keys others = Keys.make(folder);
        EvioServer server = start(TestHandler.echo(), tls().clientAuth(ClientAuth.NEED));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(others.keyManagers("client"), keys.trustManagers(), null);
        SSLSocket socket = connect(server, context, version);
        assertThatThrownBy(() -> echo(socket, "hello"))
                .isInstanceOf(SSLException.class)
                .hasMessageContaining("alert");
        Eventually.isTrue("the failure", () -> server.stats().tlsHandshakeErrors() == 1);
    }

    @Test
    void agreesOnAnApplicationProtocol() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().alpn("redis", "http/1.1"));
        SSLSocket socket = connect(server, keys.context("client"));
        SSLParameters parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {"h2", "http/1.1", "redis"});
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        assertThat(socket.getApplicationProtocol()).isEqualTo("redis");
    }

    @Test
    void isClosedByTheServer() throws Exception {
        EvioServer server = start(
                new TestHandler().onOpened((connection, out) -> {
                    out.write("farewell".getBytes(StandardCharsets.ISO_8859_1));
                    return Action.CLOSE;
                }),
                tls());
        SSLSocket socket = connect(server, keys.context("client"));
        assertThat(socket.getInputStream().readAllBytes()).asString().isEqualTo("farewell");
    }

    @Test
    void getsPages() throws Exception {
        EvioServer server = start(pages(), tls().alpn("http/1.1"));
        HttpClient client = HttpClient.newBuilder()
                .sslContext(keys.context("client"))
                .connectTimeout(Eventually.PATIENCE)
                .build();
        List<CompletableFuture<HttpResponse<byte[]>>> replies = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("https://localhost:" + port(server) + "/" + i * 3000))
                    .timeout(Eventually.PATIENCE)
                    .build();
            replies.add(client.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray()));
        }
        for (int i = 0; i < 50; i++) {
            HttpResponse<byte[]> reply = replies.get(i).join();
            assertThat(reply.body()).isEqualTo(body("/" + i * 3000));
            assertThat(reply.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
        }
    }
}
