package io.evio.sample.redis;

import io.evio.Connection;
import io.evio.Output;

/** The commands about values: GET, SET, MGET, MSET, and those that count. */
final class StringCommands {

    private final Database database;
    private final SetCommand set;

    StringCommands(Database database) {
        this.database = database;
        this.set = new SetCommand(database);
    }

    void get(Connection connection, Arguments command, Output out) {
        byte[] reply = database.read(command.source(), command.start(1), command.length(1));
        out.write(reply == null ? Client.view(connection).protocol.nil : reply);
    }

    void set(Connection connection, Arguments command, Output out) {
        set.execute(connection, command, out);
    }

    void getSeveral(Connection connection, Arguments command, Output out) {
        Replies.array(out, command.count() - 1);
        for (int i = 1; i < command.count(); i++) {
            byte[] reply = database.read(command.source(), command.start(i), command.length(i));
            out.write(reply == null ? Client.view(connection).protocol.nil : reply);
        }
    }

    void setSeveral(Arguments command, Output out) {
        if (command.count() % 2 == 0) {
            Replies.wrongArity(out, Command.MSET);
            return;
        }
        for (int i = 1; i < command.count(); i += 2) {
            database.set(command, i, false);
        }
        out.write(Replies.OK);
    }

    void incrementBy(Arguments command, Output out) {
        if (command.isLong(2)) {
            increment(command, command.toLong(2), out);
        } else {
            Replies.notAnInteger(out);
        }
    }

    void decrementBy(Arguments command, Output out) {
        if (!command.isLong(2)) {
            Replies.notAnInteger(out);
        } else if (command.toLong(2) == Long.MIN_VALUE) {
            Replies.error(out, "decrement would overflow");
        } else {
            increment(command, -command.toLong(2), out);
        }
    }

    /** Adds to the number that the key holds, 0 when there is no such key. Its deadline stays. */
    void increment(Arguments command, long by, Output out) {
        byte[] bytes = command.source();
        byte[] old = database.reply(bytes, command.start(1), command.length(1));
        long number = 0;
        if (old != null) {
            int start = Replies.bulkStart(old);
            int end = Replies.bulkEnd(old);
            if (!Decimal.isLong(old, start, end)) {
                Replies.notAnInteger(out);
                return;
            }
            number = Decimal.parse(old, start, end);
        }
        long sum = number + by;
        // The sum has another sign than both of its parts.
        if (((number ^ sum) & (by ^ sum)) < 0) {
            Replies.error(out, "increment or decrement would overflow");
            return;
        }
        int length = Decimal.length(sum);
        byte[] reply = database.put(bytes, command.start(1), command.length(1), length);
        Decimal.write(sum, length, reply, Replies.bulkEnd(reply) - length);
        Replies.integer(out, sum);
    }
}
