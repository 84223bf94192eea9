package io.evio.sample.redis;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Replies as values: texts of bulks, statuses and errors, longs, lists, and null. */
final class RespValue {

    private RespValue() {}

    /** What the server answers to the inline command, over a connection of its own. */
    static Object ask(Path socket, String command) throws IOException {
        try (SocketChannel channel = BothRedis.connect(socket)) {
            channel.write(ByteBuffer.wrap((command + "\r\n").getBytes(StandardCharsets.ISO_8859_1)));
            return read(new DataInputStream(Channels.newInputStream(channel)));
        }
    }

    private static Object read(DataInputStream in) throws IOException {
        String line = line(in);
        String rest = line.substring(1);
        switch (line.charAt(0)) {
            case ':':
                return Long.valueOf(rest);
            case '$':
                int length = Integer.parseInt(rest);
                if (length < 0) {
                    return null;
                }
                byte[] bytes = new byte[length + 2];
                in.readFully(bytes);
                return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
            case '*':
                List<Object> list = new ArrayList<>();
                for (int i = Integer.parseInt(rest); i > 0; i--) {
                    list.add(read(in));
                }
                return list;
            default:
                return line;
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        int b;
        while ((b = in.read()) >= 0 && b != '\n') {
            if (b != '\r') {
                line.append((char) b);
            }
        }
        return line.toString();
    }
}
