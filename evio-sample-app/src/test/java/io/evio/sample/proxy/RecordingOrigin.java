package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A server behind the proxy that keeps every byte of the requests it gets, and answers with the bytes that a test
 * gives. Bytes are characters of ISO 8859-1 here.
 */
final class RecordingOrigin implements AutoCloseable {

    private final ServerSocket listener;
    private final BlockingQueue<Received> received = new LinkedBlockingQueue<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicInteger connections = new AtomicInteger();

    RecordingOrigin() throws IOException {
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread thread = new Thread(this::accept, "recording-origin");
        thread.setDaemon(true);
        thread.start();
    }

    String address() {
        return "tcp://127.0.0.1:" + port();
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Returns how many connections were accepted. */
    int connections() {
        return connections.get();
    }

    /** The next head of a request, which has to come within a short time. */
    Received take() throws InterruptedException {
        Received next = received.poll(10, TimeUnit.SECONDS);
        assertThat(next).as("a request").isNotNull();
        return next;
    }

    /** The next head of a request that is there by now; null for none. */
    @Nullable
    Received poll() {
        return received.poll();
    }

    /** As {@link #poll}, after so many milliseconds at the latest. */
    @Nullable
    Received poll(long millis) throws InterruptedException {
        return received.poll(millis, TimeUnit.MILLISECONDS);
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                socket.setTcpNoDelay(true);
                open.add(socket);
                int number = connections.incrementAndGet();
                Thread thread = new Thread(() -> serve(socket, number), "recording-origin-" + number);
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException e) {
            // It is closed.
        }
    }

    private void serve(Socket socket, int number) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                Received next = new Received(socket, in, number, head(in));
                received.add(next);
                next.awaitAnswered();
            }
        } catch (IOException | InterruptedException e) {
            // The proxy has ended the connection, or the test has.
        }
    }

    private static String head(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException();
            }
            head.write(b);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    /** One request. The next one of its connection is read once this one is answered. */
    static final class Received {

        private final Socket socket;
        private final InputStream in;
        private final int connection;
        private final String head;
        private boolean answered;

        private Received(Socket socket, InputStream in, int connection, String head) {
            this.socket = socket;
            this.in = in;
            this.connection = connection;
            this.head = head;
        }

        /** The number of its connection, from 1. */
        int connection() {
            return connection;
        }

        String head() {
            return head;
        }

        /** The values of a field, by the exact name, in their order; null when there is none. */
        @Nullable
        String field(String name) {
            StringBuilder values = new StringBuilder();
            boolean found = false;
            for (String line : head.split("\r\n")) {
                if (line.startsWith(name + ":")) {
                    values.append(found ? " | " : "")
                            .append(line.substring(name.length() + 1).strip());
                    found = true;
                }
            }
            return found ? values.toString() : null;
        }

        /** The next bytes behind the head. */
        String body(int count) throws IOException {
            return new String(in.readNBytes(count), StandardCharsets.ISO_8859_1);
        }

        Received send(String bytes) throws IOException {
            socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
            return this;
        }

        /** Sends the rest of the answer. */
        void answer(String bytes) throws IOException {
            send(bytes);
            synchronized (this) {
                answered = true;
                notifyAll();
            }
        }

        private synchronized void awaitAnswered() throws InterruptedException {
            while (!answered) {
                wait();
            }
        }

        InputStream input() {
            return in;
        }

        Socket socket() {
            return socket;
        }

        void endOutput() throws IOException {
            socket.shutdownOutput();
        }

        void close() throws IOException {
            socket.close();
        }

        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }
    }
}
