package io.evio.spring.boot.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import java.io.IOException;
import java.net.Socket;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;

/** The sockets of the tests. */
public final class Clients {

    /** Traffic over a unix socket. */
    public static final String LINE = "over and back\n";

    private Clients() {}

    /** Every byte comes back; "SHUTDOWN" as its first eight ends the server. */
    public static class Echo implements EvioHandler {
        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            boolean shutdown = in.remaining() >= 8 && in.getLong(0) == 0x53485554444f574eL;
            out.write(in);
            return shutdown ? Action.SHUTDOWN : Action.NONE;
        }
    }

    public static Socket connect(int port) throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(20_000);
        return socket;
    }

    public static SocketChannel connect(Path path) throws IOException {
        return SocketChannel.open(UnixDomainSocketAddress.of(path));
    }

    /** A line goes over the unix socket and back. */
    public static void echo(SocketChannel channel) throws IOException {
        byte[] line = LINE.getBytes(StandardCharsets.US_ASCII);
        channel.write(ByteBuffer.wrap(line));
        assertThat(Channels.newInputStream(channel).readNBytes(line.length)).isEqualTo(line);
    }

    /** Sends so many random bytes in pieces and checks that they come back. */
    public static void echo(Socket socket, int bytes) throws IOException {
        byte[] sent = new byte[bytes];
        new Random(bytes).nextBytes(sent);
        for (int at = 0; at < bytes; ) {
            int length = Math.min(4_000, bytes - at);
            socket.getOutputStream().write(sent, at, length);
            assertThat(socket.getInputStream().readNBytes(length))
                    .isEqualTo(java.util.Arrays.copyOfRange(sent, at, at + length));
            at += length;
        }
    }
}
