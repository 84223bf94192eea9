package io.evio.sample.soak;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.evio.sample.testing.TrustAll;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocketFactory;

/**
 * The work of one client: a piece of work on a connection of its own, of a kind that the dice choose. Every byte is
 * checked.
 */
final class Workload {

    private static final int PIPELINE = 200;
    private static final byte[] PAGES =
            "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20).getBytes(ISO_8859_1);

    private final int echo;
    private final int redis;
    private final int http;
    private final Map<Integer, Integer> tlsPorts;
    private final SSLSocketFactory tls;
    private final AtomicLong connections;
    private final AtomicLong requests;
    private final AtomicReference<String> wrong;
    private final Random random;
    private final byte[] block = new byte[200_000];

    /**
     * @param tlsPorts where the same servers speak TLS
     * @param wrong set to the first thing that was not as it had to be
     */
    Workload(
            int echo,
            int redis,
            int http,
            Map<Integer, Integer> tlsPorts,
            AtomicLong connections,
            AtomicLong requests,
            AtomicReference<String> wrong,
            long seed)
            throws GeneralSecurityException {
        this.echo = echo;
        this.redis = redis;
        this.http = http;
        this.tlsPorts = tlsPorts;
        this.tls = TrustAll.context().getSocketFactory();
        this.connections = connections;
        this.requests = requests;
        this.wrong = wrong;
        this.random = new Random(seed);
        random.nextBytes(block);
    }

    /** One piece of work; a few milliseconds mostly. */
    void once() throws IOException {
        int kind = random.nextInt(100);
        if (kind < 30) {
            connectAndLeave();
        } else if (kind < 50) {
            echoes();
        } else if (kind < 80) {
            commands();
        } else if (kind < 94) {
            pages();
        } else if (kind < 98) {
            garbage();
        } else {
            slowReader();
        }
    }

    /** One in three speaks TLS. */
    private Socket connect(int port) throws IOException {
        boolean overTls = random.nextInt(3) == 0;
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), overTls ? tlsPorts.get(port) : port);
        socket.setSoTimeout(30_000);
        socket.setTcpNoDelay(true);
        connections.incrementAndGet();
        return overTls ? tls.createSocket(socket, "localhost", port, true) : socket;
    }

    /** Ends in every way there is: orderly, half-closed first, by a reset, with a request under way. */
    private void connectAndLeave() throws IOException {
        try (Socket socket = connect(echo)) {
            int size = 1 + random.nextInt(64);
            socket.getOutputStream().write(block, 0, size);
            requests.incrementAndGet();
            switch (random.nextInt(4)) {
                case 0 -> expect(socket.getInputStream(), block, size, "echo");
                case 1 -> {
                    socket.shutdownOutput();
                    expect(socket.getInputStream(), block, size, "echo after half-close");
                    expectEnd(socket.getInputStream());
                }
                case 2 -> socket.setSoLinger(true, 0);
                default -> {
                    // Leaves without its reply.
                }
            }
        }
    }

    private void echoes() throws IOException {
        try (Socket socket = connect(echo)) {
            for (int i = 0; i < 20; i++) {
                int size = 1 + random.nextInt(random.nextInt(10) == 0 ? 60_000 : 500);
                socket.getOutputStream().write(block, 0, size);
                expect(socket.getInputStream(), block, size, "echo");
                requests.incrementAndGet();
            }
        }
    }

    /** A pipeline of SET and GET of keys that are this client's own. */
    private void commands() throws IOException {
        try (Socket socket = connect(redis)) {
            InputStream in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
            OutputStream out = socket.getOutputStream();
            for (int round = 0; round < 3; round++) {
                StringBuilder asked = new StringBuilder();
                StringBuilder expected = new StringBuilder();
                for (int i = 0; i < PIPELINE / 2; i++) {
                    String key = "k" + Thread.currentThread().getId() + ":" + random.nextInt(50);
                    String value = Long.toString(random.nextLong(), 36);
                    asked.append("SET ").append(key).append(' ').append(value).append("\r\n");
                    asked.append("*2\r\n$3\r\nGET\r\n$").append(key.length()).append("\r\n");
                    asked.append(key).append("\r\n");
                    expected.append("+OK\r\n$").append(value.length()).append("\r\n");
                    expected.append(value).append("\r\n");
                }
                out.write(asked.toString().getBytes(ISO_8859_1));
                byte[] replies = expected.toString().getBytes(ISO_8859_1);
                expect(in, replies, replies.length, "redis");
                requests.addAndGet(PIPELINE);
            }
        }
    }

    private void pages() throws IOException {
        try (Socket socket = connect(http)) {
            InputStream in = new BufferedInputStream(socket.getInputStream(), 64 * 1024);
            byte[] first = null;
            for (int round = 0; round < 3; round++) {
                socket.getOutputStream().write(PAGES);
                for (int i = 0; i < 20; i++) {
                    byte[] reply = in.readNBytes(first == null ? 1 : first.length);
                    if (first == null) {
                        first = readReply(reply, in);
                    } else if (!Arrays.equals(withoutDate(reply), withoutDate(first))) {
                        wrong.compareAndSet(null, "page: " + new String(reply, ISO_8859_1));
                    }
                    requests.incrementAndGet();
                }
            }
        }
    }

    /** The first reply, whose length the others have too. */
    private static byte[] readReply(byte[] begun, InputStream in) throws IOException {
        StringBuilder head = new StringBuilder(new String(begun, ISO_8859_1));
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) in.read());
        }
        int length = Integer.parseInt(head.toString().replaceAll("(?s).*Content-Length: (\\d+).*", "$1"));
        return (head + new String(in.readNBytes(length), ISO_8859_1)).getBytes(ISO_8859_1);
    }

    private static byte[] withoutDate(byte[] reply) {
        return new String(reply, ISO_8859_1).replaceFirst("Date: [^\r]*", "").getBytes(ISO_8859_1);
    }

    /** Bytes that nobody understands: an error or the end comes back, and the others are served on. */
    private void garbage() throws IOException {
        try (Socket socket = connect(random.nextBoolean() ? redis : http)) {
            int start = random.nextInt(1000);
            socket.getOutputStream().write(block, start, 1 + random.nextInt(2000));
            socket.shutdownOutput();
            socket.getInputStream().readAllBytes();
        } catch (SocketException | SSLException e) {
            // Reset, which it may be with garbage.
            return;
        }
    }

    /** Lets a large reply pile up, then takes it, or leaves in the middle. */
    private void slowReader() throws IOException {
        try (Socket socket = connect(http)) {
            int size = 3_000_000;
            socket.getOutputStream().write(("GET /stream?size=" + size + " HTTP/1.0\r\n\r\n").getBytes(ISO_8859_1));
            requests.incrementAndGet();
            InputStream in = socket.getInputStream();
            boolean leaves = random.nextBoolean();
            int got = 0;
            byte[] some = new byte[64 * 1024];
            for (int n; (n = in.read(some)) >= 0; got += n) {
                if (leaves && got > size / 3) {
                    return;
                }
                if (got < 500_000) {
                    Thread.sleep(2);
                }
            }
            if (got <= size) {
                wrong.compareAndSet(null, "stream of " + got + " bytes");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void expect(InputStream in, byte[] expected, int length, String what) throws IOException {
        byte[] got = in.readNBytes(length);
        if (!Arrays.equals(got, 0, got.length, expected, 0, length)) {
            wrong.compareAndSet(null, what + ": " + got.length + " of " + length + " bytes, or other ones");
        }
    }

    private void expectEnd(InputStream in) throws IOException {
        if (in.read() >= 0) {
            wrong.compareAndSet(null, "more than was sent comes back");
        }
    }
}
