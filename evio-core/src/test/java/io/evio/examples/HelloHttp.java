package io.evio.examples;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.frame.DelimiterScanner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The same reply to every head of a request, to see how fast the loop is. It reads no more of HTTP than where a head
 * ends, so it is no web server: that is the sample app's.
 */
public class HelloHttp implements EvioHandler {

    private static final int LONGEST_HEAD = 8 * 1024;

    private static final byte[] EMPTY_LINE = {'\r', '\n', '\r', '\n'};

    private static final byte[] REPLY = """
            HTTP/1.1 200 OK\r
            Content-Type: text/plain\r
            Content-Length: 6\r
            \r
            hello
            """.getBytes(StandardCharsets.US_ASCII);

    @Override
    public Action opened(Connection connection, Output out) {
        connection.attach(DelimiterScanner.of(EMPTY_LINE, LONGEST_HEAD));
        return Action.NONE;
    }

    /** A head that is too long throws, which closes its connection. */
    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        DelimiterScanner heads = connection.attachment();
        while (heads.next(in)) {
            out.write(REPLY);
        }
        // What follows the last complete head stays unread, and comes back with its rest.
        return Action.NONE;
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new HelloHttp(), addresses);
    }
}
