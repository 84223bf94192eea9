package io.evio.sample.redis;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends and receives bytes as they are given. Waits ten seconds for an answer at the most. */
final class RedisConnection implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;
    private final OutputStream out;

    RedisConnection(int port) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        in = socket.getInputStream();
        out = socket.getOutputStream();
    }

    void send(byte[] bytes) throws IOException {
        out.write(bytes);
    }

    void send(String text) throws IOException {
        send(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    byte[] receive(int count) throws IOException {
        return in.readNBytes(count);
    }

    /** Sends, and reads as many bytes as the expected answer has. */
    String ask(String request, String expected) throws IOException {
        send(request);
        return new String(receive(expected.length()), StandardCharsets.ISO_8859_1);
    }

    /** Returns what comes until it ends so. */
    String receiveUntil(String end) throws IOException {
        StringBuilder received = new StringBuilder();
        while (received.length() < end.length() || received.indexOf(end, received.length() - end.length()) < 0) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("Ended after " + received);
            }
            received.append((char) b);
        }
        return received.toString();
    }

    /** Returns what comes until the server ends the connection. */
    String receiveAll() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
