package io.evio.sample.redis;

import io.evio.Connection;
import io.evio.Output;
import org.jspecify.annotations.Nullable;

/** SET with its options, by redis-server's rules of which go together. Used again for every command. */
final class SetCommand {

    private static final String[] DEADLINES = {"ex", "px", "exat", "pxat"};

    private final Database database;

    private boolean onlyIfAbsent;
    private boolean onlyIfPresent;
    private boolean get;
    private boolean keepDeadline;

    /** The one of the four that was given, and the argument with its number; null and 0 without. */
    private @Nullable String deadline;

    private int number;

    SetCommand(Database database) {
        this.database = database;
    }

    void execute(Connection connection, Arguments command, Output out) {
        if (command.count() == 3) {
            store(command, false);
            out.write(Replies.OK);
        } else if (!readOptions(command)) {
            Replies.error(out, "syntax error");
        } else {
            executeWithOptions(connection, command, out);
        }
    }

    private void executeWithOptions(Connection connection, Arguments command, Output out) {
        byte[] bytes = command.source();
        long until = 0;
        if (deadline != null) {
            if (!command.isLong(number)) {
                Replies.notAnInteger(out);
                return;
            }
            until = millis(deadline, command.toLong(number));
            if (until <= 0) {
                Replies.invalidExpireTime(out, Command.SET);
                return;
            }
        }
        byte[] old = get
                ? database.read(bytes, command.start(1), command.length(1))
                : database.reply(bytes, command.start(1), command.length(1));
        boolean stores = old == null ? !onlyIfPresent : !onlyIfAbsent;
        if (get || !stores) {
            out.write(get && old != null ? old : Client.view(connection).protocol.nil);
        } else {
            out.write(Replies.OK);
        }
        if (stores) {
            store(command, keepDeadline);
            if (deadline != null) {
                database.expire(bytes, command.start(1), command.length(1), until);
            }
        }
    }

    private void store(Arguments command, boolean keep) {
        database.set(command, 1, keep);
    }

    private boolean readOptions(Arguments command) {
        onlyIfAbsent = onlyIfPresent = get = keepDeadline = false;
        deadline = null;
        for (int i = 3; i < command.count(); i++) {
            if (command.is(i, "nx") && !onlyIfPresent) {
                onlyIfAbsent = true;
            } else if (command.is(i, "xx") && !onlyIfAbsent) {
                onlyIfPresent = true;
            } else if (command.is(i, "get")) {
                get = true;
            } else if (command.is(i, "keepttl") && deadline == null) {
                keepDeadline = true;
            } else if (!keepDeadline && i + 1 < command.count() && isDeadline(command, i)) {
                number = ++i;
            } else {
                return false;
            }
        }
        return true;
    }

    /** One of the four; again the same one is fine, and the last one's number counts. */
    private boolean isDeadline(Arguments command, int argument) {
        for (String option : DEADLINES) {
            if (command.is(argument, option) && (deadline == null || deadline.equals(option))) {
                deadline = option;
                return true;
            }
        }
        return false;
    }

    /** Returns when that is, in milliseconds since 1970; 0 or less when it is no time to come. */
    private static long millis(String option, long given) {
        boolean seconds = option.startsWith("ex");
        if (given <= 0 || (seconds && given > Long.MAX_VALUE / 1000)) {
            return 0;
        }
        long millis = seconds ? given * 1000 : given;
        return option.endsWith("at") ? millis : millis + System.currentTimeMillis();
    }
}
