package io.evio.sample.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** A client that sends bytes as they are given. Bytes are characters of ISO 8859-1 here. */
public final class HttpSocket implements AutoCloseable {

    private final Socket socket;
    private final InputStream in;

    public HttpSocket(int port) throws IOException {
        this(port, 0);
    }

    /** @param receiveBuffer in bytes; 0 for the kernel's own choice */
    public HttpSocket(int port, int receiveBuffer) throws IOException {
        socket = new Socket();
        if (receiveBuffer > 0) {
            socket.setReceiveBufferSize(receiveBuffer);
        }
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(20_000);
        in = new BufferedInputStream(socket.getInputStream());
    }

    public HttpSocket send(String bytes) throws IOException {
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
        return this;
    }

    public void sendUnchecked(String bytes) {
        try {
            send(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public OutputStream output() throws IOException {
        return socket.getOutputStream();
    }

    public InputStream input() {
        return in;
    }

    /** Ends the connection at once. */
    public void reset() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    public void shutdownOutput() throws IOException {
        socket.shutdownOutput();
    }

    /** Returns how many bytes have come and not been received; 0 at the end as well. */
    public int available() throws IOException {
        return in.available();
    }

    public String receive(int count) throws IOException {
        return new String(in.readNBytes(count), StandardCharsets.ISO_8859_1);
    }

    /** Everything until the server ends the connection; it must not reset it. */
    public String receiveAll() throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    }

    /** Everything up to the empty line, that included. */
    public String receiveHead() throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int matched = 0;
        while (matched < 4) {
            int b = in.read();
            if (b < 0) {
                throw new EOFException("in the middle of: " + head.toString(StandardCharsets.ISO_8859_1));
            }
            head.write(b);
            matched = b == "\r\n\r\n".charAt(matched) ? matched + 1 : b == '\r' ? 1 : 0;
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    /** A reply with a Content-Length, its date left out. */
    public String receiveReply() throws IOException {
        String head = receiveHead();
        String length = head.replaceFirst("(?s).*\r\nContent-Length: (\\d+)\r\n.*", "$1");
        return withoutDate(head) + receive(Integer.parseInt(length));
    }

    /** A body in chunks without extensions and trailers. */
    public String receiveChunks() throws IOException {
        StringBuilder body = new StringBuilder();
        while (true) {
            int size = Integer.parseInt(receiveLine(), 16);
            body.append(receive(size));
            if (!receiveLine().isEmpty()) {
                throw new IOException("no line end behind a chunk");
            }
            if (size == 0) {
                return body.toString();
            }
        }
    }

    /** Without its end, which may be LF alone. */
    public String receiveLine() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("in the middle of: " + line);
            }
            line.append((char) b);
        }
        return line.toString().replaceFirst("\r$", "");
    }

    public static String withoutDate(String replies) {
        return replies.replaceAll("Date: \\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT\r\n", "");
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
