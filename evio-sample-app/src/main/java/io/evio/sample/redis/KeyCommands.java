package io.evio.sample.redis;

import io.evio.Output;

/** The commands about keys: whether they are there, and until when. */
final class KeyCommands {

    /** The answers of TTL and its kin for a key that is not there, and for one that has no deadline. */
    private static final int NO_KEY = -2;

    private static final int NO_DEADLINE = -1;

    private final Database database;
    private final ExpireCommand expire;

    KeyCommands(Database database) {
        this.database = database;
        this.expire = new ExpireCommand(database);
    }

    void delete(Arguments command, Output out) {
        int deleted = 0;
        for (int i = 1; i < command.count(); i++) {
            if (database.remove(command.source(), command.start(i), command.length(i))) {
                deleted++;
            }
        }
        Replies.integer(out, deleted);
    }

    void exists(Arguments command, Output out) {
        int found = 0;
        for (int i = 1; i < command.count(); i++) {
            if (database.read(command.source(), command.start(i), command.length(i)) != null) {
                found++;
            }
        }
        Replies.integer(out, found);
    }

    void expire(Command name, Arguments command, Output out) {
        expire.execute(name, command, out);
    }

    void persist(Arguments command, Output out) {
        byte[] bytes = command.source();
        boolean there = database.reply(bytes, command.start(1), command.length(1)) != null;
        Replies.integer(out, there && database.persist(bytes, command.start(1), command.length(1)) ? 1 : 0);
    }

    /**
     * Answers when the key goes.
     *
     * @param seconds whether in seconds, rounded to the nearest; else in milliseconds
     * @param fromNow whether counted from now; else from 1970
     */
    void deadline(Arguments command, boolean seconds, boolean fromNow, Output out) {
        byte[] bytes = command.source();
        if (database.read(bytes, command.start(1), command.length(1)) == null) {
            Replies.integer(out, NO_KEY);
            return;
        }
        long deadline = database.deadline(bytes, command.start(1), command.length(1));
        if (deadline == Database.NEVER) {
            Replies.integer(out, NO_DEADLINE);
            return;
        }
        long millis = fromNow ? Math.max(0, deadline - System.currentTimeMillis()) : deadline;
        // Unsigned: half a second more than the largest long is none, and the original answers with the right number.
        Replies.integer(out, seconds ? Long.divideUnsigned(millis + 500, 1000) : millis);
    }
}
