package io.evio.sample.redis;

import io.evio.Action;
import io.evio.Output;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The commands, each answered as redis-server 7 answers it. */
final class RedisCommands {

    /** How much of a command's name and arguments the error for an unknown one shows, in bytes. */
    private static final int SHOWN = 128;

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int GET = letters("GET");
    private static final int SET = letters("SET");
    private static final int DEL = letters("DEL");
    private static final int PING = letters("PING");
    private static final int ECHO = letters("ECHO");
    private static final int QUIT = letters("QUIT");

    private enum Command {
        PING(-1),
        ECHO(2),
        SET(-3),
        GET(2),
        DEL(-2),
        FLUSHDB(-1),
        QUIT(-1),
        SHUTDOWN(-1);

        /** How many arguments, the name included; at least as many when negative. */
        final int arity;

        Command(int arity) {
            this.arity = arity;
        }

        boolean accepts(int count) {
            return arity > 0 ? count == arity : count >= -arity;
        }
    }

    private final Database database;
    private final SetCommand set;

    RedisCommands(Database database) {
        this.database = database;
        this.set = new SetCommand(database);
    }

    /** Executes the command and writes its reply. */
    Action execute(Arguments command, Output out) {
        Command found = find(command);
        if (found == null) {
            return unknown(command, out);
        }
        if (!found.accepts(command.count())) {
            wrongArity(found.name().toLowerCase(Locale.ROOT), out);
            return Action.NONE;
        }
        byte[] bytes = command.source();
        switch (found) {
            case PING -> ping(command, out);
            case ECHO -> Replies.bulk(out, bytes, command.start(1), command.length(1));
            case SET -> set.execute(command, out);
            case GET -> {
                byte[] reply = database.reply(bytes, command.start(1), command.length(1));
                out.write(reply == null ? Replies.NIL : reply);
            }
            case DEL -> delete(command, out);
            case FLUSHDB -> flush(command, out);
            case QUIT -> {
                out.write(Replies.OK);
                return Action.CLOSE;
            }
            case SHUTDOWN -> {
                return shutdown(command, out);
            }
        }
        return Action.NONE;
    }

    /** The name as upper-case letters in a number, compared in one step: without bit 5 a letter is upper case. */
    private static @Nullable Command find(Arguments command) {
        byte[] bytes = command.source();
        int start = command.start(0);
        switch (command.length(0)) {
            case 3:
                int three = (int) INTS.get(bytes, start) & 0x00dfdfdf;
                return three == GET ? Command.GET : three == SET ? Command.SET : three == DEL ? Command.DEL : null;
            case 4:
                int four = (int) INTS.get(bytes, start) & 0xdfdfdfdf;
                return four == PING ? Command.PING : four == ECHO ? Command.ECHO : four == QUIT ? Command.QUIT : null;
            case 7:
                return command.is(0, "flushdb") ? Command.FLUSHDB : null;
            case 8:
                return command.is(0, "shutdown") ? Command.SHUTDOWN : null;
            default:
                return null;
        }
    }

    private static int letters(String name) {
        return (int) INTS.get(Arrays.copyOf(Replies.ascii(name), Integer.BYTES), 0);
    }

    private static void ping(Arguments command, Output out) {
        if (command.count() == 1) {
            out.write(Replies.PONG);
        } else if (command.count() == 2) {
            Replies.bulk(out, command.source(), command.start(1), command.length(1));
        } else {
            wrongArity("ping", out);
        }
    }

    private void delete(Arguments command, Output out) {
        int deleted = 0;
        for (int i = 1; i < command.count(); i++) {
            if (database.remove(command.source(), command.start(i), command.length(i))) {
                deleted++;
            }
        }
        Replies.integer(out, deleted);
    }

    private void flush(Arguments command, Output out) {
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
    private static Action shutdown(Arguments command, Output out) {
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

    private static void wrongArity(String name, Output out) {
        Replies.error(out, "wrong number of arguments for '" + name + "' command");
    }

    private static Action unknown(Arguments command, Output out) {
        if (command.is(0, "post") || command.is(0, "host:")) {
            // A web page has made a browser send this: the original closes without an answer.
            return Action.CLOSE;
        }
        StringBuilder shown = new StringBuilder();
        for (int i = 1; i < command.count() && shown.length() < SHOWN; i++) {
            int most = SHOWN - shown.length();
            shown.append('\'').append(command.text(i, most)).append("' ");
        }
        Replies.error(
                out,
                ("unknown command '" + command.text(0, SHOWN) + "', with args beginning with: " + shown)
                        .replace('\r', ' ')
                        .replace('\n', ' '));
        return Action.NONE;
    }
}
