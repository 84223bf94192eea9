package io.evio.examples;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.frame.LineScanner;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;

/**
 * Names in, addresses out, one a line. To look a name up may take seconds, so it is done on other threads; the
 * answers of a connection keep the order of its questions, and nobody waits for another one's.
 */
public class Resolver implements EvioHandler {

    private static final int LONGEST_NAME = 255;

    private final OffLoop offLoop = new OffLoop(Executors.newFixedThreadPool(8, work -> {
        Thread thread = new Thread(work, "resolver");
        thread.setDaemon(true);
        return thread;
    }));

    @Override
    public Action opened(Connection connection, Output out) {
        connection.attach(LineScanner.ofMaxLength(LONGEST_NAME));
        return Action.NONE;
    }

    /** A name that is too long throws, which closes its connection. */
    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        LineScanner lines = connection.attachment();
        if (!lines.next(in)) {
            return Action.NONE;
        }
        // One question; those behind it stay unread until it is answered.
        String name = lines.text(in, StandardCharsets.US_ASCII).strip();
        return offLoop.call(connection, () -> lookUp(name), (answer, reply) -> {
            reply.writeAscii(answer + "\n");
            return Action.NONE;
        });
    }

    private static String lookUp(String name) {
        try {
            return InetAddress.getByName(name).getHostAddress();
        } catch (UnknownHostException e) {
            return "unknown";
        }
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new Resolver(), addresses);
    }
}
