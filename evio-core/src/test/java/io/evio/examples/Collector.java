package io.evio.examples;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.frame.LineScanner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Collects lines and tells each client at its end how many it has kept. The last line needs no newline: {@code printf
 * 'a\nb' | nc -N 127.0.0.1 5000} has two.
 */
public class Collector implements EvioHandler {

    private static final int LONGEST_LINE = 8 * 1024;

    private static final class Client {
        final LineScanner lines = LineScanner.ofMaxLength(LONGEST_LINE);
        int kept;
    }

    @Override
    public Action opened(Connection connection, Output out) {
        connection.attach(new Client());
        // Fires data once more at the end of input, also when nothing is left unread, and leaves the end to that event.
        connection.allowHalfOpen(true);
        return Action.NONE;
    }

    /** A line that is too long throws, which closes its connection. */
    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        Client client = connection.attachment();
        boolean ended = connection.isInputEnded();
        while (client.lines.next(in, ended)) {
            System.out.println(client.lines.text(in, StandardCharsets.UTF_8));
            client.kept++;
        }
        if (!ended) {
            return Action.NONE;
        }
        out.writeAscii("kept " + client.kept + "\n");
        return Action.CLOSE;
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new Collector(), addresses);
    }
}
