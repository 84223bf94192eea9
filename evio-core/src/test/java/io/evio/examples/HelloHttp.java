package io.evio.examples;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.Output;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The same reply to every head of a request, to see how fast the loop is. It reads no more of HTTP than where a head ends, so
 * it is no web server: that is the sample app's.
 */
public class HelloHttp implements EvioHandler {

    private static final int LONGEST_HEAD = 8 * 1024;

    private static final byte[] REPLY = """
            HTTP/1.1 200 OK\r
            Content-Type: text/plain\r
            Content-Length: 6\r
            \r
            hello
            """.getBytes(StandardCharsets.US_ASCII);

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        byte[] bytes = connection.unread(in);
        int length = in.remaining();
        int head = 0;
        for (int at = 3; at < length; at++) {
            if (at >= head + 3
                    && bytes[at] == '\n'
                    && bytes[at - 1] == '\r'
                    && bytes[at - 2] == '\n'
                    && bytes[at - 3] == '\r') {
                out.write(REPLY);
                head = at + 1;
            }
        }
        // What follows the last complete head stays unread, and comes back with its rest.
        in.position(in.position() + head);
        return in.remaining() > LONGEST_HEAD ? Action.CLOSE : Action.NONE;
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new HelloHttp(), addresses);
    }
}
