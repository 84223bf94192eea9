package io.evio.sample.redis;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The answers of COMMAND INFO and COMMAND DOCS about one command, in the original's form. */
final class CommandDescription {

    /** An argument as COMMAND DOCS describes it, with those it consists of. */
    record Argument(String name, String type, Map<String, String> fields, List<Argument> parts) {

        private void append(RespText reply) {
            reply.map(2 + fields.size() + (parts.isEmpty() ? 0 : 1));
            reply.bulk("name").bulk(name).bulk("type").bulk(type);
            fields.forEach((field, value) -> {
                reply.bulk(field);
                switch (field) {
                    case "key_spec_index" -> reply.integer(Long.parseLong(value));
                    case "flags" -> reply.statuses(List.of(value.split(",")), "");
                    default -> reply.bulk(value);
                }
            });
            if (!parts.isEmpty()) {
                appendAll(parts, reply.bulk("arguments"));
            }
        }

        static void appendAll(List<Argument> arguments, RespText reply) {
            reply.array(arguments.size());
            arguments.forEach(argument -> argument.append(reply));
        }
    }

    final Command command;

    List<String> flags = List.of();
    List<String> categories = List.of();
    List<String> tips = List.of();

    /**
     * The first argument that is a key, or 0 when there is none; the last one, from the end when negative; the step
     * between.
     */
    int firstKey;

    int lastKey;
    int keyStep;

    /** The use of the keys. */
    List<String> keyFlags = List.of();

    @Nullable
    String keyNotes;

    /** Summary and the like, in their order. */
    final Map<String, String> texts = new LinkedHashMap<>();

    final List<Argument> arguments = new ArrayList<>();

    CommandDescription(Command command) {
        this.command = command;
    }

    void appendInfo(RespText reply, Function<Command, CommandDescription> others) {
        reply.array(10).bulk(command.fullName).integer(command.arity).statuses(flags, "");
        reply.integer(firstKey).integer(lastKey).integer(keyStep).statuses(categories, "@");
        reply.set(tips.size());
        tips.forEach(reply::bulk);
        reply.set(firstKey == 0 ? 0 : 1);
        if (firstKey > 0) {
            appendKeys(reply);
        }
        if (command.subcommands.isEmpty()) {
            reply.set(0);
            return;
        }
        // No set, other than without any.
        reply.array(command.subcommands.size());
        command.subcommands.forEach(sub -> others.apply(sub).appendInfo(reply, others));
    }

    private void appendKeys(RespText reply) {
        reply.map(keyNotes == null ? 3 : 4);
        if (keyNotes != null) {
            reply.bulk("notes").bulk(keyNotes);
        }
        reply.bulk("flags").statuses(keyFlags, "");
        reply.bulk("begin_search").map(2).bulk("type").bulk("index");
        reply.bulk("spec").map(1).bulk("index").integer(firstKey);
        reply.bulk("find_keys").map(2).bulk("type").bulk("range");
        // Here the last key is counted from the first one.
        reply.bulk("spec").map(3).bulk("lastkey").integer(lastKey < 0 ? lastKey : lastKey - firstKey);
        reply.bulk("keystep").integer(keyStep).bulk("limit").integer(0);
    }

    void appendDocs(RespText reply, Function<Command, CommandDescription> others) {
        List<Command> subcommands = command.subcommands;
        int fields = texts.size() + (arguments.isEmpty() ? 0 : 1) + (subcommands.isEmpty() ? 0 : 1);
        reply.bulk(command.fullName).map(fields);
        texts.forEach((field, text) -> reply.bulk(field).bulk(text));
        if (!arguments.isEmpty()) {
            Argument.appendAll(arguments, reply.bulk("arguments"));
        }
        if (!subcommands.isEmpty()) {
            reply.bulk("subcommands").map(subcommands.size());
            subcommands.forEach(sub -> others.apply(sub).appendDocs(reply, others));
        }
    }
}
