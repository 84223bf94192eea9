package io.evio.sample.redis;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The commands that are supported, and how one is found by its name. What COMMAND tells of them is in commands.txt. */
enum Command {
    GET(2),
    SET(-3),
    MGET(-2),
    MSET(-3),
    INCR(2),
    DECR(2),
    INCRBY(3),
    DECRBY(3),
    DEL(-2),
    EXISTS(-2),
    EXPIRE(-3),
    PEXPIRE(-3),
    EXPIREAT(-3),
    PEXPIREAT(-3),
    TTL(2),
    PTTL(2),
    EXPIRETIME(2),
    PEXPIRETIME(2),
    PERSIST(2),
    PING(-1),
    ECHO(2),
    QUIT(-1),
    AUTH(-2),
    HELLO(-1),
    RESET(1),
    SELECT(2),
    CLIENT(-2),
    CLIENT_GETNAME(CLIENT, 2),
    CLIENT_HELP(CLIENT, 2),
    CLIENT_ID(CLIENT, 2),
    CLIENT_INFO(CLIENT, 2),
    CLIENT_SETINFO(CLIENT, 4),
    CLIENT_SETNAME(CLIENT, 3),
    DBSIZE(1),
    FLUSHDB(-1),
    INFO(-1),
    SHUTDOWN(-1),
    COMMAND(-1),
    COMMAND_COUNT(COMMAND, 2),
    COMMAND_DOCS(COMMAND, -2),
    COMMAND_GETKEYS(COMMAND, -4),
    COMMAND_HELP(COMMAND, 2),
    COMMAND_INFO(COMMAND, -2),
    COMMAND_LIST(COMMAND, -2);

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int GET_LETTERS = letters("GET");
    private static final int SET_LETTERS = letters("SET");
    private static final int PING_LETTERS = letters("PING");

    /** Those that are no subcommands. */
    static final List<Command> TOP =
            Arrays.stream(values()).filter(command -> command.container == null).toList();

    private static final Command[][] TOP_BY_LENGTH = byLength(TOP);

    /** As replies and error messages show it, a subcommand as in {@code client|id}. */
    final String fullName;

    /** The number of arguments, the names included; at least as many when negative. */
    final int arity;

    /** Of a subcommand. */
    final @Nullable Command container;

    final List<Command> subcommands = new ArrayList<>();

    /** The last part of the name, in lower case. */
    private final String word;

    Command(int arity) {
        this.container = null;
        this.arity = arity;
        this.word = name().toLowerCase(Locale.ROOT);
        this.fullName = word;
    }

    Command(Command container, int arity) {
        this.container = container;
        this.arity = arity;
        this.word = name().substring(container.name().length() + 1).toLowerCase(Locale.ROOT);
        this.fullName = container.fullName + "|" + word;
        container.subcommands.add(this);
    }

    boolean accepts(int count) {
        return arity > 0 ? count == arity : count >= -arity;
    }

    /** Returns what the arguments from {@code first} on call, or null: also for a subcommand there is not. */
    static @Nullable Command find(Arguments arguments, int first) {
        Command usual = usual(arguments, first);
        if (usual != null) {
            return usual;
        }
        Command found = named(arguments, first);
        if (found == null || found.subcommands.isEmpty() || arguments.count() == first + 1) {
            return found;
        }
        for (Command subcommand : found.subcommands) {
            if (arguments.equal(first + 1, subcommand.word)) {
                return subcommand;
            }
        }
        return null;
    }

    /**
     * One of the commands that come most, or null: their names are compared in one step, as letters in a number.
     * Without bit 5 a letter is upper case.
     */
    private static @Nullable Command usual(Arguments arguments, int argument) {
        int length = arguments.length(argument);
        if (length == 3 || length == 4) {
            int letters = (int) INTS.get(arguments.source(), arguments.start(argument));
            if (length == 4) {
                if ((letters & 0xdfdfdfdf) == PING_LETTERS) {
                    return PING;
                }
            } else if ((letters & 0x00dfdfdf) == GET_LETTERS) {
                return GET;
            } else if ((letters & 0x00dfdfdf) == SET_LETTERS) {
                return SET;
            }
        }
        return null;
    }

    /** The command of the name, no subcommand, or null. */
    static @Nullable Command named(Arguments arguments, int argument) {
        int length = arguments.length(argument);
        if (length < TOP_BY_LENGTH.length) {
            for (Command command : TOP_BY_LENGTH[length]) {
                if (arguments.equal(argument, command.word)) {
                    return command;
                }
            }
        }
        return null;
    }

    /** The command of that full name, in either case, or null. */
    static @Nullable Command named(String fullName) {
        for (Command command : values()) {
            if (command.fullName.equalsIgnoreCase(fullName)) {
                return command;
            }
        }
        return null;
    }

    private static int letters(String name) {
        return (int) INTS.get(Arrays.copyOf(Replies.ascii(name), Integer.BYTES), 0);
    }

    private static Command[][] byLength(List<Command> commands) {
        int longest = commands.stream().mapToInt(c -> c.word.length()).max().orElse(0);
        Command[][] byLength = new Command[longest + 1][];
        for (int i = 0; i <= longest; i++) {
            int length = i;
            byLength[i] =
                    commands.stream().filter(c -> c.word.length() == length).toArray(Command[]::new);
        }
        return byLength;
    }
}
