package io.evio.sample.redis;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Replies of both protocols as values: texts of bulks, statuses and errors, longs, doubles, booleans, lists, and null.
 */
final class RespValue {

    /**
     * The replies that only RESP3 has, of those that consist of others, in their order.
     *
     * @param mark begins it: a percent sign a map of keys and values in turn, a tilde a set, a greater-than sign a push
     */
    record Aggregate(char mark, List<Object> elements) {}

    /** @param format of three letters */
    record Verbatim(String format, String text) {}

    private RespValue() {}

    /** Returns what the server answers to the inline command, over a connection of its own. */
    static Object ask(Path socket, String command) throws IOException {
        return ask(socket, Protocol.RESP2, command);
    }

    /** Returns what the server answers in that protocol to the inline command, over a connection of its own. */
    static Object ask(Path socket, Protocol protocol, String command) throws IOException {
        try (SocketChannel channel = BothRedis.connect(socket)) {
            String commands = "HELLO " + protocol.version + "\r\n" + command + "\r\n";
            channel.write(ByteBuffer.wrap(commands.getBytes(StandardCharsets.ISO_8859_1)));
            DataInputStream in = new DataInputStream(Channels.newInputStream(channel));
            read(in);
            return read(in);
        }
    }

    /** The byte that begins a reply that consists of others: an asterisk for a list. */
    static char mark(Object value) {
        return value instanceof Aggregate aggregate ? aggregate.mark : '*';
    }

    /** The parts of a reply, a map of its keys and values in turn. */
    static List<?> elements(Object value) {
        return value instanceof Aggregate aggregate ? aggregate.elements : (List<?>) value;
    }

    /** The text of a bulk or a verbatim one. */
    static String text(Object value) {
        return value instanceof Verbatim verbatim ? verbatim.text : (String) value;
    }

    private static Object read(DataInputStream in) throws IOException {
        String line = line(in);
        String rest = line.substring(1);
        char mark = line.charAt(0);
        return switch (mark) {
            case ':' -> Long.valueOf(rest);
            case '$' -> bulk(in, Integer.parseInt(rest));
            case '*' -> list(in, Integer.parseInt(rest));
            case '_' -> null;
            case '#' -> rest.equals("t");
            case ',' -> Double.valueOf(rest.replace("inf", "Infinity").replace("nan", "NaN"));
            case '(' -> new BigInteger(rest);
            case '=' -> {
                String text = bulk(in, Integer.parseInt(rest));
                yield new Verbatim(text.substring(0, 3), text.substring(4));
            }
            case '!' -> "-" + bulk(in, Integer.parseInt(rest));
            case '~', '>' -> new Aggregate(mark, list(in, Integer.parseInt(rest)));
            case '%' -> new Aggregate(mark, list(in, 2 * Integer.parseInt(rest)));
            case '+', '-' -> line;
            default -> throw new IOException("no reply: " + line);
        };
    }

    private static String bulk(DataInputStream in, int length) throws IOException {
        if (length < 0) {
            return null;
        }
        byte[] bytes = new byte[length + 2];
        in.readFully(bytes);
        return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }

    private static List<Object> list(DataInputStream in, int length) throws IOException {
        if (length < 0) {
            return null;
        }
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < length; i++) {
            list.add(read(in));
        }
        return list;
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
