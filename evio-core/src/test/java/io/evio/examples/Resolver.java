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
import java.time.Duration;
import java.util.concurrent.Executors;

/**
 * Names in, addresses out, one per line. To look a name up may take seconds, so it is done on other threads; the
 * answers of a connection keep the order of its questions, and no connection waits for another one's.
 */
public class Resolver implements EvioHandler {

    private static final int LONGEST_NAME = 255;

    private final OffLoop offLoop = new OffLoop(Executors.newFixedThreadPool(8, work -> {
                Thread thread = new Thread(work, "resolver");
                thread.setDaemon(true);
                return thread;
            }))
            .within(Duration.ofSeconds(20));

    @Override
    public Action opened(Connection connection, Output out) {
        connection.attach(LineScanner.ofMaxLength(LONGEST_NAME));
        return Action.NONE;
    }

    /** A name that is too long throws, which closes its connection. */
    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        LineScanner lines = connection.attachment();
        if (!lines.next(in, connection.isInputEnded())) {
            return Action.NONE;
        }
        // One question; those behind it stay unread until it is answered.
        String name = lines.text(in, StandardCharsets.US_ASCII).strip();
        return offLoop.call(
                connection,
                () -> InetAddress.getByName(name).getHostAddress(),
                (address, reply) -> answer(address, reply),
                (cause, reply) -> answer(cause instanceof UnknownHostException ? "unknown" : "no answer", reply));
    }

    private static Action answer(String line, Output reply) {
        reply.writeAscii(line + "\n");
        return Action.NONE;
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new Resolver(), addresses);
    }
}
