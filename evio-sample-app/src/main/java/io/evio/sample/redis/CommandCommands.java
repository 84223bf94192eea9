package io.evio.sample.redis;

import io.evio.Connection;
import io.evio.Output;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** COMMAND and its subcommands: which commands there are, by prepared replies. */
final class CommandCommands {

    private static final String[] HELP = {
        "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "(no subcommand)",
        "    Describes every command to a program.",
        "COUNT",
        "    Answers how many commands there are.",
        "DOCS [<command-name> ...]",
        "    Documents the commands, every one when none is named.",
        "GETKEYS <full-command>",
        "    Answers with the keys among the arguments of a command.",
        "INFO [<command-name> ...]",
        "    Describes the commands to a program, every one when none is named.",
        "LIST [FILTERBY (MODULE <module-name>|ACLCAT <category>|PATTERN <pattern>)]",
        "    Lists the names of the commands.",
        "HELP",
        "    Prints this help."
    };

    // The same for every server of this JVM, and not written to any more once they are made.
    private static final CommandDescriptions DESCRIPTIONS = new CommandDescriptions();
    private static final Map<Protocol, Map<Command, byte[]>> INFOS = replies(CommandDescription::appendInfo);
    private static final Map<Protocol, Map<Command, byte[]>> DOCS = replies(CommandDescription::appendDocs);

    /** The part of a command's description that is sent. */
    private interface Part {
        void append(CommandDescription description, RespText reply, Function<Command, CommandDescription> others);
    }

    private static Map<Protocol, Map<Command, byte[]>> replies(Part part) {
        Map<Protocol, Map<Command, byte[]>> replies = new EnumMap<>(Protocol.class);
        for (Protocol protocol : Protocol.values()) {
            Map<Command, byte[]> ofProtocol = new EnumMap<>(Command.class);
            for (Command command : Command.values()) {
                RespText reply = new RespText(protocol);
                part.append(DESCRIPTIONS.of(command), reply, DESCRIPTIONS::of);
                ofProtocol.put(command, reply.bytes());
            }
            replies.put(protocol, ofProtocol);
        }
        return replies;
    }

    void count(Output out) {
        Replies.integer(out, Command.TOP.size());
    }

    void info(Connection connection, Arguments command, Output out) {
        Protocol protocol = Client.view(connection).protocol;
        if (command.count() <= 2) {
            Replies.array(out, Command.TOP.size());
            Command.TOP.forEach(each -> out.write(reply(INFOS, protocol, each)));
            return;
        }
        Replies.array(out, command.count() - 2);
        for (int i = 2; i < command.count(); i++) {
            Command asked = Command.named(name(command, i));
            out.write(asked == null ? protocol.nil : reply(INFOS, protocol, asked));
        }
    }

    /** Of the commands that are asked for those that there are. */
    void docs(Connection connection, Arguments command, Output out) {
        Protocol protocol = Client.view(connection).protocol;
        List<Command> asked = new ArrayList<>();
        for (int i = 2; i < command.count(); i++) {
            Command found = Command.named(name(command, i));
            if (found != null) {
                asked.add(found);
            }
        }
        List<Command> all = command.count() == 2 ? Command.TOP : asked;
        out.writeAscii(protocol.map(all.size()));
        all.forEach(each -> out.write(reply(DOCS, protocol, each)));
    }

    private static byte[] reply(Map<Protocol, Map<Command, byte[]>> replies, Protocol protocol, Command command) {
        return Objects.requireNonNull(
                Objects.requireNonNull(replies.get(protocol)).get(command));
    }

    /** The whole argument, a NUL byte in it as any other. */
    private static String name(Arguments command, int argument) {
        return new String(command.copy(argument), StandardCharsets.ISO_8859_1);
    }

    void list(Arguments command, Output out) {
        boolean filtered = false;
        for (int i = 2; i < command.count(); i += 3) {
            if (!command.is(i, "filterby") || command.count() - 1 - i != 2 || filter(command, i + 1) == null) {
                Replies.error(out, "syntax error");
                return;
            }
            filtered = true;
        }
        List<String> names = new ArrayList<>();
        for (Command each : Command.values()) {
            if (!filtered || passes(each, command)) {
                names.add(each.fullName);
            }
        }
        Replies.array(out, names.size());
        names.forEach(name -> Replies.bulk(out, name));
    }

    private static @Nullable String filter(Arguments command, int argument) {
        for (String filter : new String[] {"module", "aclcat", "pattern"}) {
            if (command.is(argument, filter)) {
                return filter;
            }
        }
        return null;
    }

    /** No command is of a module. */
    private boolean passes(Command each, Arguments command) {
        if (command.is(3, "aclcat")) {
            return DESCRIPTIONS.of(each).categories.contains(command.text(4).toLowerCase(Locale.ROOT));
        }
        return command.is(3, "pattern") && Glob.matches(name(command, 4), each.fullName);
    }

    void keys(Arguments command, Output out) {
        int first = 2;
        int count = command.count() - first;
        Command asked = Command.find(command, first);
        if (asked == null) {
            Replies.error(out, "Invalid command specified");
            return;
        }
        CommandDescription description = DESCRIPTIONS.of(asked);
        if (description.firstKey == 0) {
            Replies.error(out, "The command has no key arguments");
            return;
        }
        if (!asked.accepts(count)) {
            Replies.error(out, "Invalid number of arguments specified for command");
            return;
        }
        int last = description.lastKey < 0 ? count + description.lastKey : description.lastKey;
        Replies.array(out, (last - description.firstKey) / description.keyStep + 1);
        for (int i = description.firstKey; i <= last; i += description.keyStep) {
            Replies.bulk(out, command.source(), command.start(first + i), command.length(first + i));
        }
    }

    void help(Output out) {
        Replies.array(out, HELP.length);
        for (String line : HELP) {
            Replies.status(out, line);
        }
    }
}
