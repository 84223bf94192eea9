package io.evio.examples;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.frame.FrameTooLongException;
import io.evio.frame.LineScanner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A chat by lines: what one connection says is sent to all others. All of it is on one thread, so the set needs no
 * lock.
 */
public class Chat implements EvioHandler {

    private static final int LONGEST_LINE = 1000;

    private final Set<Connection> members = new LinkedHashSet<>();

    @Override
    public Action opened(Connection connection, Output out) {
        out.writeAscii("welcome, " + members.size() + " others are here\n");
        connection.attach(LineScanner.ofMaxLength(LONGEST_LINE));
        members.add(connection);
        return Action.NONE;
    }

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        LineScanner lines = connection.attachment();
        try {
            while (lines.next(in)) {
                byte[] line = new byte[lines.frameLength()];
                in.get(lines.frameStart(), line);
                say(connection, line);
            }
            // The beginning of a line stays unread, and comes back with its rest.
            return Action.NONE;
        } catch (FrameTooLongException e) {
            out.writeAscii(e.getMessage() + "\n");
            return Action.CLOSE;
        }
    }

    private void say(Connection by, byte[] line) {
        for (Connection member : members) {
            if (member != by) {
                member.send(line);
            }
        }
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        members.remove(connection);
        return Action.NONE;
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new Chat(), addresses);
    }
}
