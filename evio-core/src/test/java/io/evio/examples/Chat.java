package io.evio.examples;

import io.evio.Action;
import io.evio.Connection;
import io.evio.ConnectionGroup;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.frame.FrameTooLongException;
import io.evio.frame.LineScanner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A chat by lines: the first line of a connection is its name, and every other one is sent to all others. */
public class Chat implements EvioHandler {

    private static final int LONGEST_LINE = 1000;

    private static final class Member {
        final LineScanner lines = LineScanner.ofMaxLength(LONGEST_LINE);

        @Nullable
        String name;
    }

    private final ConnectionGroup room = new ConnectionGroup();

    @Override
    public Action opened(Connection connection, Output out) {
        connection.attach(new Member());
        out.writeAscii("your name?\n");
        return Action.NONE;
    }

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        Member member = connection.attachment();
        try {
            while (member.lines.next(in, connection.isInputEnded())) {
                String line = member.lines.text(in, StandardCharsets.UTF_8);
                if (member.name == null) {
                    member.name = line;
                    out.writeUtf8("welcome, " + line + ", " + room.size() + " others are here\n");
                    say(line + " joins", connection);
                    room.add(connection);
                } else {
                    say(member.name + ": " + line, connection);
                }
            }
            // The beginning of a line stays unread, and comes back with its rest.
            return Action.NONE;
        } catch (FrameTooLongException e) {
            out.writeAscii(e.getMessage() + "\n");
            return connection.fail(e.getMessage());
        }
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        Member member = connection.attachment();
        if (member.name != null) {
            say(member.name + " leaves", connection);
        }
        return Action.NONE;
    }

    private void say(String line, Connection by) {
        room.send((line + "\n").getBytes(StandardCharsets.UTF_8), by);
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new Chat(), addresses);
    }
}
