package io.evio.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evio.internal.loop.Clock;
import io.evio.internal.loop.Counters;
import io.evio.internal.loop.FailureLog;
import io.evio.internal.stream.Layer;
import io.evio.testing.Certificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import org.junit.jupiter.api.AfterAll;

/**
 * Any bytes at all from a peer, in pieces of any size: the layer ends or waits, and nothing but its errors comes out.
 */
class TlsLayerFuzz {

    private static final SocketAddress PEER = new InetSocketAddress(InetAddress.getLoopbackAddress(), 1);
    private static final SSLContext CONTEXT = Certificates.LOCALHOST.serverContext();

    /** A server's answers to one hello are a few KiB. */
    private static final int MOST_WIRE = 256 * 1024;

    private static final Layer.Host HOST = new Layer.Host() {
        @Override
        public boolean resume() {
            return false;
        }

        @Override
        public int unsent() {
            return 0;
        }

        @Override
        public boolean abort() {
            return false;
        }
    };

    private static long inputs;

    private int wire;

    @AfterAll
    static void tell() throws IOException {
        // The profile fuzz prints it at its end.
        Files.writeString(Path.of("target", "TlsLayerFuzz.inputs"), "TlsLayerFuzz: " + inputs + " inputs\n");
    }

    @FuzzTest
    void anyBytes(byte[] bytes) throws IOException {
        inputs++;
        receive(bytes, false);
        // Behind the header of a record, which a fuzzer would have to find.
        byte[] record = new byte[bytes.length + 5];
        record[0] = 22;
        record[1] = 3;
        record[2] = 1;
        record[3] = (byte) (bytes.length >> 8);
        record[4] = (byte) bytes.length;
        System.arraycopy(bytes, 0, record, 5, bytes.length);
        receive(record, true);
    }

    private void receive(byte[] bytes, boolean readsName) {
        wire = 0;
        TlsSettings settings = new TlsSettings((name, peer) -> engine(), false, readsName, 1_000_000, null);
        Counters counters = new Counters();
        TlsLoop loop = new TlsLoop(counters, new FailureLog("fuzz"), new Clock(System::nanoTime));
        Layer layer = loop.layers(settings).create(PEER, HOST);
        try {
            for (int at = 0; at < bytes.length; ) {
                int length = Math.min(bytes.length - at, 1 + (bytes[at] & 0x3f));
                layer.received(ByteBuffer.wrap(bytes, at, length), this::plain, this::wire);
                at += length;
            }
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotNull();
        } finally {
            layer.close(null);
        }
        assertThat(counters.pendingMemory.get()).isZero();
    }

    private static SSLEngine engine() {
        SSLEngine engine = CONTEXT.createSSLEngine();
        engine.setUseClientMode(false);
        return engine;
    }

    private void plain(byte[] bytes, int offset, int length) {
        throw new AssertionError("plain text without a handshake");
    }

    private void wire(byte[] bytes, int offset, int length) {
        wire += length;
        assertThat(wire).isLessThan(MOST_WIRE);
    }
}
