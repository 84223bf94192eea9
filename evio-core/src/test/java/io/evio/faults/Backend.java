package io.evio.faults;

import io.evio.Target;
import io.evio.testing.Crowd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Somewhere else to connect to: answers what it is asked with {@code served}, and ends when its client does. */
final class Backend implements AutoCloseable {

    private final InetAddress loopback = InetAddress.getLoopbackAddress();
    private final ServerSocket listener;
    private final Crowd serving;

    Backend() throws IOException {
        listener = new ServerSocket(0, 10, loopback);
        serving = Crowd.one(i -> serve());
    }

    private void serve() {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                while (socket.getInputStream().read() >= 0) {
                    socket.getOutputStream().write("served\n".getBytes(StandardCharsets.US_ASCII));
                }
            } catch (IOException e) {
                // Closed, or its client was lost.
            }
        }
    }

    /** To be connected to from the loopback address. */
    Target target() {
        return Target.of("tcp://127.0.0.1:" + listener.getLocalPort()).source(loopback);
    }

    @Override
    public void close() {
        try {
            listener.close();
            serving.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }
}
