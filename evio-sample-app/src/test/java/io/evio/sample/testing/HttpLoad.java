package io.evio.sample.testing;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * Clients that ask the sample's HTTP server one thing after the other, directly or through what is in front of it, and
 * count the requests that were not answered as they should be.
 */
public final class HttpLoad implements AutoCloseable {

    private static final int CLIENTS = 8;

    /**
     * Between two requests of a client: some thousand a second are load enough, and leave the processor to what starts.
     */
    private static final long PAUSE_NANOS = 2_000_000;

    private final int port;
    private final int requestsPerConnection;
    private final AtomicLong answered = new AtomicLong();
    private final List<String> lost = Collections.synchronizedList(new ArrayList<>());
    private final List<Thread> clients = new ArrayList<>();
    private volatile boolean ended;

    /** Starts it, over connections that each have so many requests. */
    public HttpLoad(int port, int requestsPerConnection) {
        this.port = port;
        this.requestsPerConnection = requestsPerConnection;
        for (int i = 0; i < CLIENTS; i++) {
            Thread client = new Thread(this::run, "client-" + i);
            client.start();
            clients.add(client);
        }
    }

    /** Returns the status of the answer to one request there. */
    public static int status(int port) throws IOException {
        try (Connection connection = new Connection(port)) {
            return Integer.parseInt(connection.get("/").substring(9, 12));
        }
    }

    public long answered() {
        return answered.get();
    }

    /** Ends it; returns what came for the requests that were lost. */
    public List<String> end() throws InterruptedException {
        ended = true;
        for (Thread client : clients) {
            client.join();
        }
        return lost;
    }

    @Override
    public void close() {
        ended = true;
    }

    private void run() {
        while (!ended) {
            try (Connection connection = new Connection(port)) {
                for (int i = 0; i < requestsPerConnection && !ended; i++) {
                    boolean slow = answered.get() % 10 == 0;
                    String reply = connection.get(slow ? "/slow?millis=20" : "/");
                    if (reply.startsWith("HTTP/1.1 200 ") && reply.contains(slow ? "done in 20 ms" : "It works")) {
                        answered.incrementAndGet();
                    } else {
                        lost.add(reply);
                    }
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
            } catch (IOException e) {
                lost.add(e.toString());
            }
        }
    }

    /** A connection that can be used for one request after the other. */
    private static final class Connection implements AutoCloseable {

        private final Socket socket;
        private final InputStream in;

        Connection(int port) throws IOException {
            socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.setSoTimeout(30_000);
            in = new BufferedInputStream(socket.getInputStream());
        }

        /** The reply as a whole; an exception when it is not. */
        String get(String target) throws IOException {
            socket.getOutputStream()
                    .write(("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            ByteArrayOutputStream head = new ByteArrayOutputStream();
            while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
                int next = in.read();
                if (next < 0) {
                    throw new IOException("ends after '" + head + "'");
                }
                head.write(next);
            }
            String fields = head.toString(StandardCharsets.US_ASCII);
            int length = Integer.parseInt(fields.replaceAll("(?is).*Content-Length: (\\d+).*", "$1"));
            byte[] body = in.readNBytes(length);
            if (body.length < length) {
                throw new IOException("ends after " + body.length + " of " + length + " bytes");
            }
            return fields + new String(body, StandardCharsets.US_ASCII);
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
