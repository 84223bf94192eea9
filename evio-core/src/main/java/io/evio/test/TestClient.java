package io.evio.test;

import io.evio.Address;
import io.evio.EvioServer;
import io.evio.frame.FrameException;
import io.evio.frame.FrameScanner;
import io.evio.frame.LengthPrefix;
import io.evio.frame.LengthPrefixScanner;
import io.evio.frame.LineScanner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * A blocking client of a server under test, over tcp, tls or unix.
 *
 * <p>Each call has a deadline, 10 seconds unless {@link #within} says otherwise. What does not come in time, or is not
 * as expected, is an {@link AssertionError} that shows what came instead, as text and in hexadecimal. A connection
 * whose deadline has passed is closed.
 *
 * <p>Text is UTF-8. One thread may send while another one reads; otherwise it is for one thread at a time. What a
 * server sends waits in the kernel until it is read here, so that a client can be as slow as a test needs it.
 */
public final class TestClient implements AutoCloseable {

    /** Content of the longest line or frame that is read. */
    private static final int LONGEST_FRAME = 64 * 1024 * 1024;

    private final Wire wire;
    private Duration timeout = Deadline.DEFAULT;

    /** The bytes that have come and were not read yet, between position and limit. */
    private ByteBuffer in = ByteBuffer.allocate(8 * 1024).flip();

    /** The server has ended its side, and all that came before is in {@link #in}. */
    private boolean inputEnded;

    private TestClient(Wire wire) {
        this.wire = wire;
    }

    /**
     * Connects to the first address of a server that runs.
     *
     * @throws IOException when the connection cannot be made
     */
    public static TestClient connect(EvioServer server) throws IOException {
        return connect(server.addresses().get(0));
    }

    /**
     * Connects to an address as a server has it, such as {@code tcp://127.0.0.1:5000}. Over tls it trusts whatever
     * certificate comes: that is for tests alone.
     *
     * @throws IllegalArgumentException when the address is malformed
     * @throws IOException when the connection, or the handshake, cannot be made
     */
    public static TestClient connect(String address) throws IOException {
        return connect(Address.parse(address));
    }

    /** Connects, as {@link #connect(String)} does. */
    public static TestClient connect(Address address) throws IOException {
        return new TestClient(Wire.connect(address, address.isTls() ? TrustAll.context() : null));
    }

    /**
     * Connects to an address with TLS, and trusts whom the context trusts. It does not verify the host's name.
     *
     * @throws IOException when the connection, or the handshake, cannot be made
     */
    public static TestClient connect(Address address, SSLContext context) throws IOException {
        if (!address.isTls()) {
            throw new IllegalArgumentException(address + " does not speak TLS");
        }
        return new TestClient(Wire.connect(address, context));
    }

    /** Gives each further call so much time. */
    public TestClient within(Duration timeout) {
        this.timeout = timeout;
        return this;
    }

    /** Sends a text. Returns when the kernel has taken all of it. */
    public TestClient send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends bytes. Returns when the kernel has taken all of them. */
    public TestClient send(byte[] bytes) {
        ByteBuffer out = ByteBuffer.wrap(bytes);
        try (Deadline deadline = new Deadline(timeout, wire::cut)) {
            try {
                wire.write(out);
            } catch (IOException e) {
                throw new AssertionError(
                        "Could not send " + Bytes.show(bytes) + ": after " + out.position() + " bytes "
                                + deadline.reason(e),
                        e);
            }
        }
        return this;
    }

    /** Ends the client's side (FIN, with TLS close_notify); input goes on. */
    public TestClient endOutput() {
        try {
            wire.endOutput();
        } catch (IOException e) {
            throw new AssertionError("Could not end the output: " + e, e);
        }
        return this;
    }

    /** Expects a text next. */
    public TestClient expect(String text) {
        return expect(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Expects these bytes next. What comes behind them is left to the next call. */
    public TestClient expect(byte[] bytes) {
        String what = "Expected " + Bytes.show(bytes);
        try (Deadline deadline = new Deadline(timeout, wire::cut)) {
            while (true) {
                int there = Math.min(in.remaining(), bytes.length);
                int differs = Arrays.mismatch(bytes, 0, there, in.array(), in.position(), in.position() + there);
                if (differs >= 0) {
                    throw failure(what, "which differs at byte " + differs, null);
                }
                if (there == bytes.length) {
                    in.position(in.position() + there);
                    return this;
                }
                require(fill(what, deadline), what);
            }
        }
    }

    /** Returns as many bytes as there are next. */
    public byte[] read(int count) {
        String what = "Expected " + count + " bytes";
        try (Deadline deadline = new Deadline(timeout, wire::cut)) {
            while (in.remaining() < count) {
                require(fill(what, deadline), what);
            }
        }
        byte[] bytes = new byte[count];
        in.get(bytes);
        return bytes;
    }

    /** Returns the next line without its end, which is LF or CRLF. */
    public String readLine() {
        return new String(readFrame(LineScanner.ofMaxLength(LONGEST_FRAME), "a line"), StandardCharsets.UTF_8);
    }

    /** Returns the content of the next frame behind a length of four bytes, big-endian, which counts the content. */
    public byte[] readFrame() {
        return readFrame(LengthPrefixScanner.of(LengthPrefix.ofBytes(4), LONGEST_FRAME));
    }

    /**
     * Returns the content of the next frame.
     *
     * @param scanner as the protocol has frames; its maximum holds
     */
    public byte[] readFrame(FrameScanner scanner) {
        return readFrame(scanner, "a frame");
    }

    private byte[] readFrame(FrameScanner scanner, String name) {
        String what = "Expected " + name;
        try (Deadline deadline = new Deadline(timeout, wire::cut)) {
            while (!scanner.next(in)) {
                require(fill(what, deadline), what);
            }
            return scanner.bytes(in);
        } catch (FrameException e) {
            throw failure(what, "which is none: " + e.getMessage(), e);
        }
    }

    /** Expects that the server has ended its side, and sends nothing before. */
    public TestClient expectEnd() {
        String what = "Expected the end of input";
        try (Deadline deadline = new Deadline(timeout, wire::cut)) {
            if (in.hasRemaining() || fill(what, deadline)) {
                throw failure(what, "", null);
            }
        }
        return this;
    }

    /** Expects that the server resets the connection, and sends nothing before. */
    public TestClient expectReset() {
        String what = "Expected a reset";
        try (Deadline deadline = new Deadline(timeout, wire::cut)) {
            try {
                if (!in.hasRemaining()) {
                    require(fill(), what);
                }
            } catch (IOException e) {
                if (deadline.hasPassed()) {
                    throw failure(what, "then " + deadline.reason(e), e);
                }
                return this;
            }
            throw failure(what, "", null);
        }
    }

    /** Closes the connection with a reset, and throws away what is on its way. */
    public void abort() {
        wire.abort();
    }

    /** Closes the connection. */
    @Override
    public void close() {
        wire.close();
    }

    /** Reads once; returns whether bytes came, and not the end. */
    private boolean fill(String what, Deadline deadline) {
        try {
            return fill();
        } catch (IOException e) {
            throw failure(what, "then " + deadline.reason(e), e);
        }
    }

    private boolean fill() throws IOException {
        if (inputEnded) {
            return false;
        }
        ByteBuffer room = room();
        try {
            inputEnded = wire.read(room) < 0;
            return !inputEnded;
        } finally {
            room.flip();
        }
    }

    /** Returns the buffer with room behind what was not read. */
    private ByteBuffer room() {
        if (in.remaining() > in.capacity() / 2) {
            in = ByteBuffer.allocate(in.capacity() * 2).put(in);
        } else {
            in.compact();
        }
        return in;
    }

    private void require(boolean isThere, String what) {
        if (!isThere) {
            throw failure(what, "then the end of input", null);
        }
    }

    /** @param then how it goes on; may be empty */
    private AssertionError failure(String what, String then, @Nullable Exception cause) {
        String came =
                in.hasRemaining() ? Bytes.show(Arrays.copyOfRange(in.array(), in.position(), in.limit())) : "nothing";
        return new AssertionError(what + "\n but came " + came + (then.isEmpty() ? "" : ",\n " + then), cause);
    }
}
