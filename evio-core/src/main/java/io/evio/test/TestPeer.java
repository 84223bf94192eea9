package io.evio.test;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The peer of a connection of a {@link TestServer}. Each call returns when the loop has nothing more to do. Text is
 * UTF-8.
 */
public final class TestPeer {

    private final MemoryPoller poller;
    private final MemorySocket socket;

    /** The bytes that have come and were not expected yet. */
    private byte[] in = {};

    TestPeer(MemoryPoller poller, MemorySocket socket) {
        this.poller = poller;
        this.socket = socket;
    }

    /** Sends a text, which arrives whole. */
    public TestPeer send(String text) {
        return send(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Sends bytes, which arrive in one piece. */
    public TestPeer send(byte[] bytes) {
        return sendInPieces(bytes, Math.max(1, bytes.length));
    }

    /** Sends a text in pieces, as {@link #sendInPieces(byte[], int...)} does. */
    public TestPeer sendInPieces(String text, int... sizes) {
        return sendInPieces(text.getBytes(StandardCharsets.UTF_8), sizes);
    }

    /**
     * Sends bytes in pieces, each of which arrives when the loop has done all that it can with those before.
     *
     * @param sizes of the pieces, in turn, from the first again until all is sent; each at least 1
     */
    public TestPeer sendInPieces(byte[] bytes, int... sizes) {
        requirePieces(sizes);
        int at = 0;
        for (int i = 0; at < bytes.length; i++) {
            byte[] piece = Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + sizes[i % sizes.length]));
            poller.act(() -> socket.send(piece));
            at += piece.length;
        }
        return this;
    }

    private static void requirePieces(int[] sizes) {
        if (sizes.length == 0 || Arrays.stream(sizes).anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException("A piece has at least 1 byte, unlike in " + Arrays.toString(sizes));
        }
    }

    /** Ends the peer's side; the server's goes on. */
    public TestPeer endOutput() {
        poller.act(socket::endInput);
        return this;
    }

    /** Resets the connection. */
    public TestPeer reset() {
        poller.act(socket::reset);
        return this;
    }

    /**
     * Takes the output to come in pieces: of each send, no more than that.
     *
     * @param sizes in turn; each at least 1
     */
    public TestPeer takeInPieces(int... sizes) {
        requirePieces(sizes);
        poller.act(() -> socket.takeInPieces(sizes.clone()));
        return this;
    }

    /** Takes so many bytes of the output to come, and then no more until this is called again: a slow reader. */
    public TestPeer takeAtMost(long bytes) {
        poller.act(() -> socket.takeAtMost(bytes));
        return this;
    }

    /** Returns what has come and was not expected yet. */
    public byte[] received() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(in);
        poller.act(() -> all.writeBytes(socket.takeOutput()));
        in = all.toByteArray();
        return in.clone();
    }

    /** Expects that this text has come next. */
    public TestPeer expect(String text) {
        return expect(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Expects that these bytes have come next. What is behind them is left to the next call. */
    public TestPeer expect(byte[] bytes) {
        byte[] came = received();
        int differs = Arrays.mismatch(bytes, 0, bytes.length, came, 0, Math.min(came.length, bytes.length));
        if (differs >= 0) {
            throw failure(
                    "Expected " + Bytes.show(bytes),
                    differs < came.length ? "which differs at byte " + differs : state());
        }
        in = Arrays.copyOfRange(came, bytes.length, came.length);
        return this;
    }

    /** Expects that nothing has come, and that the server has not ended its side. */
    public TestPeer expectNothing() {
        if (received().length > 0 || socket.isEnded()) {
            throw failure("Expected nothing", state());
        }
        return this;
    }

    /** Expects that the server has ended its side, and sent nothing before. */
    public TestPeer expectEnd() {
        if (received().length > 0 || !socket.isEnded() || socket.isReset()) {
            throw failure("Expected the end of input", state());
        }
        return this;
    }

    /** Expects that the server has reset the connection, and sent nothing before. */
    public TestPeer expectReset() {
        if (received().length > 0 || !socket.isReset()) {
            throw failure("Expected a reset", state());
        }
        return this;
    }

    private String state() {
        return socket.isReset() ? "then a reset" : socket.isEnded() ? "then the end of input" : "and it goes on";
    }

    private AssertionError failure(String what, String then) {
        return new AssertionError(what + "\n but came " + (in.length > 0 ? Bytes.show(in) : "nothing") + ",\n " + then);
    }
}
