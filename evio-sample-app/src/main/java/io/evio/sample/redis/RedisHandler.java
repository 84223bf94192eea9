package io.evio.sample.redis;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.Tick;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.springframework.stereotype.Component;

/**
 * A Redis server of one database. An event executes every command that has arrived in full, in order, and leaves the
 * rest unread: it comes back with the bytes that follow. Replies collect in the output and leave with one write.
 *
 * <p>Everything here belongs to the loop's thread, so one reader and one database serve all connections without a lock.
 */
@Component("redis")
class RedisHandler implements EvioHandler {

    /** Below this a command that is not complete is simply read again from its start with the next bytes. */
    private static final int LONG_COMMAND = 1024;

    /**
     * Above this many bytes of unsent replies the rest of the commands waits until they are sent. With one more, of the
     * largest value that fits into the unread input, they are to stay below max-pending-output.
     */
    private static final int ENOUGH_REPLIES = 16 * 1024 * 1024;

    /** Ten times a second, as the original does it. */
    private static final Tick NEXT_SWEEP = Tick.after(Duration.ofMillis(100));

    /** While many keys go at once; the connections have their turn in between. */
    private static final Tick NEXT_SWEEP_SOON = Tick.after(Tick.MIN_DELAY);

    private final RespReader reader = new RespReader();
    private final Statistics statistics = new Statistics();
    private final Database database = new Database(statistics);
    private final RedisCommands commands = new RedisCommands(database, statistics);

    @Override
    public Action serving(EvioServer server) {
        if (server.loops() > 1) {
            throw new IllegalStateException("The database of the Redis server belongs to one thread, and the server '"
                    + server.name() + "' has " + server.loops() + " loops: set evio.servers." + server.name()
                    + ".loops to 1");
        }
        commands.serving(server);
        return Action.NONE;
    }

    @Override
    public Tick tick() {
        statistics.sample();
        return database.sweep() ? NEXT_SWEEP_SOON : NEXT_SWEEP;
    }

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        Client client = Client.known(connection);
        if (client != null) {
            client.waiting = false;
            if (client.longCommand != null) {
                int result = look(connection, in, client.longCommand);
                if (result != RespReader.COMMAND) {
                    return result == RespReader.ERROR ? refuse(out) : Action.NONE;
                }
                client.longCommand = null;
            }
        }
        int available = in.remaining();
        reader.reset(connection.unread(in), available);
        Action action = Action.NONE;
        int result = RespReader.COMMAND;
        while (action == Action.NONE && (result = reader.next()) == RespReader.COMMAND) {
            action = commands.execute(connection, reader.arguments(), out);
            if (connection.pendingOutput() > ENOUGH_REPLIES) {
                Client.of(connection).waiting = true;
                break;
            }
        }
        in.position(in.position() + reader.position());
        if (result == RespReader.ERROR) {
            return refuse(out);
        }
        if (result == RespReader.INCOMPLETE && available - reader.position() > LONG_COMMAND) {
            LongCommand command = new LongCommand();
            if (reader.suspend(command)) {
                Client.of(connection).longCommand = command;
            }
        }
        return action;
    }

    /** Looks at what has come of the command since it was last looked at, and at that alone. */
    private int look(Connection connection, ByteBuffer in, LongCommand command) {
        if (in.remaining() < command.needed) {
            return RespReader.INCOMPLETE;
        }
        if (command.scanned >= 0) {
            int length = in.remaining() - command.scanned;
            if (!command.lineEnds(unread(connection, in, command.scanned), length)) {
                return RespReader.INCOMPLETE;
            }
        }
        if (command.left < 0) {
            return RespReader.COMMAND;
        }
        reader.reset(unread(connection, in, command.offset), in.remaining() - command.offset);
        return reader.resume(command);
    }

    /** The input from {@code offset} on. */
    private static byte[] unread(Connection connection, ByteBuffer in, int offset) {
        int start = in.position();
        in.position(start + offset);
        byte[] bytes = connection.unread(in);
        in.position(start);
        return bytes;
    }

    private Action refuse(Output out) {
        Replies.error(out, reader.error());
        return Action.CLOSE;
    }

    @Override
    public Action postwrite(Connection connection, int amount, int remaining) {
        if (remaining == 0) {
            Client client = Client.known(connection);
            if (client != null && client.waiting) {
                connection.wake();
            }
        }
        return Action.NONE;
    }
}
