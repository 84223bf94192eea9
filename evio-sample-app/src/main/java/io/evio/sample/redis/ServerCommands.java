package io.evio.sample.redis;

import io.evio.Action;
import io.evio.Output;

/** The commands about the whole server. */
final class ServerCommands {

    private final Database database;

    ServerCommands(Database database) {
        this.database = database;
    }

    void size(Output out) {
        Replies.integer(out, database.size());
    }

    void flush(Arguments command, Output out) {
        boolean valid =
                command.count() == 1 || (command.count() == 2 && (command.is(1, "sync") || command.is(1, "async")));
        if (valid) {
            database.clear();
            out.write(Replies.OK);
        } else {
            Replies.error(out, "syntax error");
        }
    }

    /** The options are about saving, of which there is none, and about replicas, of which there are none either. */
    Action shutdown(Arguments command, Output out) {
        boolean save = false;
        boolean nosave = false;
        boolean abort = false;
        boolean other = false;
        for (int i = 1; i < command.count(); i++) {
            if (command.is(i, "save")) {
                save = true;
            } else if (command.is(i, "nosave")) {
                nosave = true;
            } else if (command.is(i, "abort")) {
                abort = true;
            } else if (command.is(i, "now") || command.is(i, "force")) {
                other = true;
            } else {
                Replies.error(out, "syntax error");
                return Action.NONE;
            }
        }
        if ((save && nosave) || (abort && (save || nosave || other))) {
            Replies.error(out, "syntax error");
            return Action.NONE;
        }
        if (abort) {
            Replies.error(out, "No shutdown in progress.");
            return Action.NONE;
        }
        return Action.SHUTDOWN;
    }
}
