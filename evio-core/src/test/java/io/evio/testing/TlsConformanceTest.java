package io.evio.testing;

import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Tls;
import java.io.IOException;

/** The base of the tests of TLS: servers with {@link Certificates#LOCALHOST}, and clients that trust it. */
@WithoutLayer("A connection has one layer, which is TLS here")
public abstract class TlsConformanceTest extends ConformanceTest {

    protected static final String TLS_PORT = "tls://127.0.0.1:0";

    /** The versions that both sides know. */
    protected static final String TLS12 = "TLSv1.2";

    protected static final String TLS13 = "TLSv1.3";

    protected static Tls tls() {
        return Tls.of(Certificates.LOCALHOST.serverContext());
    }

    protected EvioServer.Builder tlsBuilder(EvioHandler handler) {
        return tlsBuilder(handler, tls());
    }

    protected EvioServer.Builder tlsBuilder(EvioHandler handler, Tls tls) {
        return builder(handler, TLS_PORT).tls(tls);
    }

    /** Starts a server that speaks TLS alone. */
    protected EvioServer startTls(EvioHandler handler) throws IOException {
        return start(tlsBuilder(handler));
    }

    protected EvioServer startTls(EvioHandler handler, Tls tls) throws IOException {
        return start(tlsBuilder(handler, tls));
    }

    /** Connects and goes through the handshake, in one of these versions of TLS. */
    protected TlsClient connectTls(EvioServer server, String... protocols) throws IOException {
        return unconnectedTls(server, protocols).handshake();
    }

    /** Connects, and makes no handshake yet. */
    protected TlsClient unconnectedTls(EvioServer server, String... protocols) throws IOException {
        return TlsClient.over(connect(server), Certificates.LOCALHOST.trustingContext(), protocols);
    }

    /** The connection works. */
    protected static void requireEcho(TlsClient client) throws IOException {
        client.send("ping");
        String answer = client.read(4);
        if (!answer.equals("ping")) {
            throw new AssertionError("Sent ping, got " + answer);
        }
    }
}
