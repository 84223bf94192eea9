package io.evio.sample.redis;

import io.evio.Action;
import io.evio.Output;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The commands, each answered as redis-server 7 answers it. */
final class RedisCommands {

    /** How much of a command's name and arguments the error for an unknown one shows, in bytes. */
    private static final int SHOWN = 128;

    private enum Command {
        PING(-1),
        ECHO(2),
        SET(-3),
        GET(2),
        DEL(-2),
        FLUSHDB(-1),
        SHUTDOWN(-1);

        /** The upper-case name. */
        final byte[] bytes = Replies.ascii(name());

        /** How many arguments, the name included; at least as many when negative. */
        final int arity;

        Command(int arity) {
            this.arity = arity;
        }

        boolean accepts(int count) {
            return arity > 0 ? count == arity : count >= -arity;
        }
    }

    private final ByteMap database = new ByteMap();

    /** Executes the command that the reader has read, and writes its reply. */
    Action execute(RespReader command, Output out) {
        Command found = find(command);
        if (found == null) {
            // The original looks for this one first, as a C string and whatever its arguments.
            if (isText(command, 0, "quit")) {
                out.write(Replies.OK);
                return Action.CLOSE;
            }
            unknown(command, out);
            return Action.NONE;
        }
        if (!found.accepts(command.count())) {
            wrongArity(found.name().toLowerCase(java.util.Locale.ROOT), out);
            return Action.NONE;
        }
        byte[] bytes = command.source();
        switch (found) {
            case PING -> ping(command, out);
            case ECHO -> Replies.bulk(out, bytes, command.start(1), command.length(1));
            case SET -> set(command, out);
            case GET -> {
                byte[] value = database.get(bytes, command.start(1), command.length(1));
                if (value == null) {
                    out.write(Replies.NIL);
                } else {
                    Replies.bulk(out, value, 0, value.length);
                }
            }
            case DEL -> delete(command, out);
            case FLUSHDB -> flush(command, out);
            case SHUTDOWN -> {
                return shutdown(command, out);
            }
        }
        return Action.NONE;
    }

    private static @Nullable Command find(RespReader command) {
        // By length first: one or two names are left to compare.
        return switch (command.length(0)) {
            case 3 ->
                named(command, Command.GET)
                        ? Command.GET
                        : named(command, Command.SET) ? Command.SET : named(command, Command.DEL) ? Command.DEL : null;
            case 4 -> named(command, Command.PING) ? Command.PING : named(command, Command.ECHO) ? Command.ECHO : null;
            case 7 -> named(command, Command.FLUSHDB) ? Command.FLUSHDB : null;
            case 8 -> named(command, Command.SHUTDOWN) ? Command.SHUTDOWN : null;
            default -> null;
        };
    }

    private static boolean named(RespReader command, Command candidate) {
        byte[] name = candidate.bytes;
        byte[] bytes = command.source();
        int start = command.start(0);
        for (int i = 0; i < name.length; i++) {
            // Without bit 5 a letter is upper case, and nothing but the two cases of a letter becomes it.
            if ((bytes[start + i] & 0xdf) != name[i]) {
                return false;
            }
        }
        return true;
    }

    private static void ping(RespReader command, Output out) {
        if (command.count() == 1) {
            out.write(Replies.PONG);
        } else if (command.count() == 2) {
            Replies.bulk(out, command.source(), command.start(1), command.length(1));
        } else {
            wrongArity("ping", out);
        }
    }

    private void set(RespReader command, Output out) {
        if (command.count() > 3) {
            // None of the options is supported yet, so any is answered as one that does not exist.
            Replies.error(out, "syntax error");
            return;
        }
        database.put(command.source(), command.start(1), command.length(1), command.start(2), command.length(2));
        out.write(Replies.OK);
    }

    private void delete(RespReader command, Output out) {
        int deleted = 0;
        for (int i = 1; i < command.count(); i++) {
            if (database.remove(command.source(), command.start(i), command.length(i))) {
                deleted++;
            }
        }
        Replies.integer(out, deleted);
    }

    private void flush(RespReader command, Output out) {
        boolean valid = command.count() == 1
                || (command.count() == 2 && (isText(command, 1, "sync") || isText(command, 1, "async")));
        if (valid) {
            database.clear();
            out.write(Replies.OK);
        } else {
            Replies.error(out, "syntax error");
        }
    }

    /** The options are about saving, of which there is none, and about replicas, of which there are none either. */
    private static Action shutdown(RespReader command, Output out) {
        boolean save = false;
        boolean nosave = false;
        boolean abort = false;
        boolean other = false;
        for (int i = 1; i < command.count(); i++) {
            if (isText(command, i, "save")) {
                save = true;
            } else if (isText(command, i, "nosave")) {
                nosave = true;
            } else if (isText(command, i, "abort")) {
                abort = true;
            } else if (isText(command, i, "now") || isText(command, i, "force")) {
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

    /** Whether the argument is this lower-case text to strcasecmp(3): in either case, and followed by a NUL or nothing. */
    private static boolean isText(RespReader command, int argument, String text) {
        byte[] bytes = command.source();
        int start = command.start(argument);
        int length = command.length(argument);
        if (length < text.length() || (length > text.length() && bytes[start + text.length()] != 0)) {
            return false;
        }
        for (int i = 0; i < text.length(); i++) {
            if ((bytes[start + i] | 0x20) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static void wrongArity(String name, Output out) {
        Replies.error(out, "wrong number of arguments for '" + name + "' command");
    }

    private static void unknown(RespReader command, Output out) {
        StringBuilder shown = new StringBuilder();
        for (int i = 1; i < command.count() && shown.length() < SHOWN; i++) {
            shown.append('\'').append(text(command, i, SHOWN - shown.length())).append("' ");
        }
        Replies.error(
                out,
                ("unknown command '" + text(command, 0, SHOWN) + "', with args beginning with: " + shown)
                        .replace('\r', ' ')
                        .replace('\n', ' '));
    }

    /** What printf(3) shows of the argument: up to the first NUL, and no more than {@code most} bytes. */
    private static String text(RespReader command, int argument, int most) {
        int start = command.start(argument);
        int end = start;
        while (end < start + Math.min(most, command.length(argument)) && command.source()[end] != 0) {
            end++;
        }
        return new String(command.source(), start, end - start, StandardCharsets.ISO_8859_1);
    }
}
