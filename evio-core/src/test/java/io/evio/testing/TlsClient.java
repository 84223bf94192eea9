package io.evio.testing;

import io.evio.Address;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;

/**
 * A TLS client of which a test sees every record, and chooses how each is sent. Calls that wait give up as those of
 * {@link Client} do. For one thread at a time.
 */
public final class TlsClient implements AutoCloseable {

    /** The content types of records (RFC 8446, 5.1). */
    public static final int ALERT = 21;

    public static final int HANDSHAKE = 22;
    public static final int DATA = 23;

    private static final int RECORD = 5 + 16 * 1024 + 2048;
    private static final byte[] NOTHING = {};

    private final Client wire;
    private final SSLEngine engine;

    /** Bytes that have come and are not decrypted; between its position and its limit. */
    private final ByteBuffer in = ByteBuffer.allocate(128 * 1024).flip();

    /** Bytes that are decrypted and not read; likewise. */
    private ByteBuffer plain = ByteBuffer.allocate(0);

    private final List<Integer> records = new ArrayList<>();
    private boolean inputEnded;

    /** Bytes that are to be sent behind the handshake. */
    private byte[] behind = NOTHING;

    private TlsClient(Client wire, SSLEngine engine) {
        this.wire = wire;
        this.engine = engine;
    }

    /** Connects, and makes no handshake yet; in these versions of TLS, or in those of the context. */
    public static TlsClient connect(Address address, SSLContext context, String... protocols) throws IOException {
        return over(Client.connect(address), context, protocols);
    }

    /** Speaks TLS over what is connected already. */
    public static TlsClient over(Client wire, SSLContext context, String... protocols) {
        SSLEngine engine = context.createSSLEngine("localhost", 1);
        engine.setUseClientMode(true);
        if (protocols.length > 0) {
            engine.setEnabledProtocols(protocols);
        }
        return new TlsClient(wire, engine);
    }

    /** The client that carries the records. */
    public Client wire() {
        return wire;
    }

    public SSLEngine engine() {
        return engine;
    }

    /** Offers these application protocols. */
    public TlsClient alpn(String... protocols) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setApplicationProtocols(protocols);
        engine.setSSLParameters(parameters);
        return this;
    }

    /** Asks for this server name. */
    public TlsClient serverName(String name) {
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setServerNames(List.of(new SNIHostName(name)));
        engine.setSSLParameters(parameters);
        return this;
    }

    /** The lengths of the records with data that have come so far. */
    public List<Integer> dataRecords() {
        return List.copyOf(records);
    }

    /** Goes through the whole handshake. */
    public TlsClient handshake() throws IOException {
        return handshake("");
    }

    /** Goes through the whole handshake, and sends this behind it: since TLS 1.3 in one piece with its end. */
    public TlsClient handshake(String ascii) throws IOException {
        behind = ascii.getBytes(StandardCharsets.ISO_8859_1);
        engine.beginHandshake();
        HandshakeStatus status = engine.getHandshakeStatus();
        while (!isOver(status)) {
            switch (status) {
                case NEED_WRAP -> answer();
                case NEED_TASK -> runTasks();
                default -> {
                    if (!unwrap()) {
                        throw new EOFException("The server has ended the handshake");
                    }
                }
            }
            status = engine.getHandshakeStatus();
        }
        answer();
        return this;
    }

    /** Sends what the engine has to say, in one piece; with the last of a handshake goes what is to be behind it. */
    private void answer() throws IOException {
        ByteArrayOutputStream flight = new ByteArrayOutputStream();
        for (int i = 0; i < 10 && engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP; i++) {
            flight.writeBytes(wrap(NOTHING));
        }
        if (behind.length > 0 && isOver(engine.getHandshakeStatus())) {
            flight.writeBytes(wrap(behind));
            behind = NOTHING;
        }
        if (flight.size() > 0) {
            wire.send(flight.toByteArray());
        }
    }

    private static boolean isOver(HandshakeStatus status) {
        return status == HandshakeStatus.NOT_HANDSHAKING || status == HandshakeStatus.FINISHED;
    }

    /** The first message: what is to be sent first. */
    public byte[] hello() throws IOException {
        engine.beginHandshake();
        return wrap(NOTHING);
    }

    /** Returns these bytes as they are on the wire. */
    public byte[] wrap(byte[] bytes) throws SSLException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteBuffer source = ByteBuffer.wrap(bytes);
        ByteBuffer target = ByteBuffer.allocate(RECORD);
        do {
            SSLEngineResult result = engine.wrap(source, target.clear());
            if (result.getStatus() == Status.CLOSED && target.position() == 0) {
                break;
            }
            out.write(target.array(), 0, target.position());
            runTasks();
        } while (source.hasRemaining());
        return out.toByteArray();
    }

    private void runTasks() {
        for (Runnable task = engine.getDelegatedTask(); task != null; task = engine.getDelegatedTask()) {
            task.run();
        }
    }

    public TlsClient send(byte[] bytes) throws IOException {
        wire.send(wrap(bytes));
        return this;
    }

    public TlsClient send(String ascii) throws IOException {
        return send(ascii.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** Sends each byte in a record of its own, all in one piece. */
    public TlsClient sendInSmallRecords(byte[] bytes) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte one : bytes) {
            all.write(wrap(new byte[] {one}));
        }
        wire.send(all.toByteArray());
        return this;
    }

    public String read(int count) throws IOException {
        return new String(readBytes(count), StandardCharsets.ISO_8859_1);
    }

    public byte[] readBytes(int count) throws IOException {
        byte[] bytes = new byte[count];
        for (int done = 0; done < count; ) {
            if (!plain.hasRemaining() && !unwrap()) {
                throw new EOFException("The input ends after " + done + " of " + count + " bytes");
            }
            int n = Math.min(plain.remaining(), count - done);
            plain.get(bytes, done, n);
            done += n;
        }
        return bytes;
    }

    /** Reads until the peer's close_notify; an end of the wire before that is an {@link EOFException}. */
    public byte[] readBytesToEnd() throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        do {
            while (plain.hasRemaining()) {
                all.write(plain.get());
            }
        } while (unwrap());
        return all.toByteArray();
    }

    public String readToEnd() throws IOException {
        return new String(readBytesToEnd(), StandardCharsets.ISO_8859_1);
    }

    /** Takes one record, and sends what the engine wants to say to it; false at the peer's close_notify. */
    private boolean unwrap() throws IOException {
        while (!inputEnded) {
            ByteBuffer target = ByteBuffer.allocate(RECORD);
            int position = in.position();
            int type = in.hasRemaining() ? in.get(position) : 0;
            SSLEngineResult result = engine.unwrap(in, target);
            runTasks();
            if (type == DATA && in.position() > position && target.position() > 0) {
                records.add(in.position() - position);
            }
            if (result.getStatus() == Status.BUFFER_UNDERFLOW) {
                in.compact();
                int count = wire.readSome(in);
                in.flip();
                if (count < 0) {
                    throw new EOFException("The wire ends without close_notify");
                }
                continue;
            }
            if (result.getStatus() == Status.CLOSED) {
                inputEnded = true;
            } else {
                answer();
            }
            plain = target.flip();
            return plain.hasRemaining() || !inputEnded;
        }
        return false;
    }

    /** The close_notify alert, to be sent. */
    public byte[] closeNotify() throws SSLException {
        engine.closeOutbound();
        return wrap(NOTHING);
    }

    /** Ends our side of TLS, and not that of the wire. */
    public TlsClient closeOutput() throws IOException {
        wire.send(closeNotify());
        return this;
    }

    @Override
    public void close() throws IOException {
        wire.close();
    }
}
