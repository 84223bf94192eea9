package io.evio.sample.proxy;

import io.evio.sample.http.BodyReader;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.HttpLimits;
import io.evio.sample.http.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A server behind the proxy that reads requests as strictly as the proxy does, and notes what it would refuse. */
final class StrictOrigin implements AutoCloseable {

    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Queue<String> heads = new ConcurrentLinkedQueue<>();
    private final Queue<String> refusals = new ConcurrentLinkedQueue<>();
    private volatile String answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private volatile boolean closes;

    StrictOrigin() throws IOException {
        Thread thread = new Thread(this::accept, "strict-origin");
        thread.setDaemon(true);
        thread.start();
    }

    String address() {
        return "tcp://127.0.0.1:" + listener.getLocalPort();
    }

    /** Answers the requests from here on. */
    void answer(String bytes, boolean andCloses) {
        answer = bytes;
        closes = andCloses;
    }

    /** The heads of the complete requests so far; taken out. */
    Queue<String> heads() {
        return heads;
    }

    /** Returns input that was no request, and the reason; taken out. */
    Queue<String> refusals() {
        return refusals;
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                Thread thread = new Thread(() -> serve(socket), "strict-origin-connection");
                thread.setDaemon(true);
                thread.start();
            }
        } catch (IOException e) {
            // It is closed.
        }
    }

    private void serve(Socket socket) {
        byte[] bytes = new byte[1 << 18];
        int length = 0;
        RequestReader reader = new RequestReader(HttpLimits.DEFAULTS);
        BodyReader body = new BodyReader(HttpLimits.DEFAULTS);
        RequestHead head = new RequestHead();
        String text = null;
        try (socket) {
            socket.setTcpNoDelay(true);
            InputStream in = socket.getInputStream();
            for (int count; (count = in.read(bytes, length, bytes.length - length)) > 0; ) {
                length += count;
                boolean complete = true;
                while (complete && length > 0) {
                    int used;
                    if (text == null) {
                        complete = reader.read(bytes, 0, length, head);
                        used = reader.position();
                        if (complete) {
                            text = new String(bytes, 0, used, StandardCharsets.ISO_8859_1);
                            body.begin(head, Long.MAX_VALUE);
                        }
                    } else {
                        used = 0;
                    }
                    if (text != null) {
                        complete = body.read(bytes, used, length, new FieldReader());
                        used = body.position();
                        if (complete) {
                            heads.add(text);
                            text = null;
                            socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
                            if (closes) {
                                return;
                            }
                        }
                    }
                    System.arraycopy(bytes, used, bytes, 0, length - used);
                    length -= used;
                }
            }
        } catch (Refused refused) {
            refusals.add(
                    refused.reason() + ": " + new String(Arrays.copyOf(bytes, length), StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            // The proxy has reset the connection.
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
