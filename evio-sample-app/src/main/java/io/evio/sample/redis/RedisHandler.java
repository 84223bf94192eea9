package io.evio.sample.redis;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import java.nio.ByteBuffer;
import org.springframework.stereotype.Component;

/**
 * A Redis server of one database. An event executes every command that has arrived in full, in order, and leaves the rest
 * unread: it comes back with the bytes that follow. Replies collect in the output and leave with one write.
 *
 * <p>Everything here belongs to the loop's thread, so one reader and one database serve all connections without a lock.
 */
@Component("redis")
class RedisHandler implements EvioHandler {

    /** Below this a command that is not complete is simply read again from its start with the next bytes. */
    private static final int WORTH_WAITING = 64 * 1024;

    private final RespReader reader = new RespReader();
    private final RedisCommands commands = new RedisCommands();

    /** For a command of which so much is missing that the events before it need not look: how long it is at least. */
    private record LongCommand(int length) {}

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        int available = in.remaining();
        LongCommand awaited = connection.attachment();
        if (awaited != null) {
            if (available < awaited.length) {
                return Action.NONE;
            }
            connection.attach(null);
        }
        reader.reset(connection.unread(in), available);
        Action action = Action.NONE;
        int result = RespReader.COMMAND;
        while (action == Action.NONE && (result = reader.next()) == RespReader.COMMAND) {
            action = commands.execute(reader, out);
        }
        in.position(in.position() + reader.position());
        if (result == RespReader.ERROR) {
            Replies.error(out, reader.error());
            return Action.CLOSE;
        }
        if (result == RespReader.INCOMPLETE && reader.needed() >= WORTH_WAITING) {
            connection.attach(new LongCommand(reader.needed()));
        }
        return action;
    }
}
