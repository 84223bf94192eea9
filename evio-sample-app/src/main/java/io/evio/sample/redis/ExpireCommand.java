package io.evio.sample.redis;

import io.evio.Output;

/** EXPIRE, PEXPIRE, EXPIREAT and PEXPIREAT with their options. Used again for every command. */
final class ExpireCommand {

    private final Database database;

    /** Only for a key without a deadline. */
    private boolean onlyNew;

    /** Only for a key that has one. */
    private boolean onlyOld;

    private boolean onlyLater;
    private boolean onlyEarlier;

    ExpireCommand(Database database) {
        this.database = database;
    }

    void execute(Command name, Arguments command, Output out) {
        if (!readOptions(command, out)) {
            return;
        }
        if (!command.isLong(2)) {
            Replies.notAnInteger(out);
            return;
        }
        boolean seconds = name == Command.EXPIRE || name == Command.EXPIREAT;
        boolean fromNow = name == Command.EXPIRE || name == Command.PEXPIRE;
        long given = command.toLong(2);
        long now = System.currentTimeMillis();
        long base = fromNow ? now : 0;
        if ((seconds && (given > Long.MAX_VALUE / 1000 || given < Long.MIN_VALUE / 1000))
                || (seconds ? given * 1000 : given) > Long.MAX_VALUE - base) {
            Replies.invalidExpireTime(out, name);
            return;
        }
        long deadline = (seconds ? given * 1000 : given) + base;
        Replies.integer(out, expire(command, deadline, now) ? 1 : 0);
    }

    private boolean expire(Arguments command, long deadline, long now) {
        byte[] bytes = command.source();
        int key = command.start(1);
        int length = command.length(1);
        if (database.reply(bytes, key, length) == null || !isWanted(deadline, database.deadline(bytes, key, length))) {
            return false;
        }
        if (deadline <= now) {
            database.remove(bytes, key, length);
        } else {
            database.expire(bytes, key, length, deadline);
        }
        return true;
    }

    private boolean isWanted(long deadline, long old) {
        boolean had = old != Database.NEVER;
        return !(onlyNew && had)
                && !(onlyOld && !had)
                && !(onlyLater && (!had || deadline <= old))
                && !(onlyEarlier && had && deadline >= old);
    }

    private boolean readOptions(Arguments command, Output out) {
        onlyNew = onlyOld = onlyLater = onlyEarlier = false;
        for (int i = 3; i < command.count(); i++) {
            if (command.is(i, "nx")) {
                onlyNew = true;
            } else if (command.is(i, "xx")) {
                onlyOld = true;
            } else if (command.is(i, "gt")) {
                onlyLater = true;
            } else if (command.is(i, "lt")) {
                onlyEarlier = true;
            } else {
                Replies.errorOfText(out, "Unsupported option " + command.text(i));
                return false;
            }
        }
        if (onlyNew && (onlyOld || onlyLater || onlyEarlier)) {
            Replies.error(out, "NX and XX, GT or LT options at the same time are not compatible");
            return false;
        }
        if (onlyLater && onlyEarlier) {
            Replies.error(out, "GT and LT options at the same time are not compatible");
            return false;
        }
        return true;
    }
}
