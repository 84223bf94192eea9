package io.evio.sample.redis;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Reads commands.txt, which describes every {@link Command}; the file's first lines say how. */
final class CommandDescriptions {

    private static final String FILE = "commands.txt";

    private final Map<Command, CommandDescription> descriptions = new EnumMap<>(Command.class);

    /** While reading: the lists that arguments of each depth go into. */
    private final List<List<CommandDescription.Argument>> open = new ArrayList<>();

    CommandDescriptions() {
        CommandDescription current = null;
        for (String line : lines()) {
            if (line.startsWith("#")) {
                continue;
            }
            if (!line.startsWith(" ")) {
                current = begin(line);
            } else {
                read(line, Objects.requireNonNull(current));
            }
        }
        for (Command command : Command.values()) {
            of(command);
        }
    }

    CommandDescription of(Command command) {
        CommandDescription description = descriptions.get(command);
        if (description == null) {
            throw new IllegalStateException(FILE + " does not describe " + command.fullName);
        }
        return description;
    }

    private static List<String> lines() {
        try (InputStream in = CommandDescriptions.class.getResourceAsStream(FILE)) {
            if (in == null) {
                throw new IllegalStateException(FILE + " is missing beside " + CommandDescriptions.class);
            }
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private CommandDescription begin(String name) {
        Command command = Command.named(name);
        if (command == null) {
            throw new IllegalStateException(FILE + " describes " + name + ", which is no command");
        }
        CommandDescription description = new CommandDescription(command);
        descriptions.put(command, description);
        open.clear();
        open.add(description.arguments);
        return description;
    }

    private void read(String line, CommandDescription description) {
        String trimmed = line.stripLeading();
        int space = trimmed.indexOf(' ');
        String what = trimmed.substring(0, space);
        String rest = trimmed.substring(space + 1);
        List<String> words = List.of(rest.split(" "));
        switch (what) {
            case "flags" -> description.flags = words;
            case "categories" -> description.categories = words;
            case "tips" -> description.tips = words;
            case "notes" -> description.keyNotes = rest;
            case "keys" -> {
                description.firstKey = Integer.parseInt(words.get(0));
                description.lastKey = Integer.parseInt(words.get(1));
                description.keyStep = Integer.parseInt(words.get(2));
                description.keyFlags = words.subList(3, words.size());
            }
            case "argument" -> argument((line.length() - trimmed.length()) / 2 - 1, words);
            default -> description.texts.put(what, rest);
        }
    }

    private void argument(int depth, List<String> words) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (String field : words.subList(2, words.size())) {
            int equals = field.indexOf('=');
            fields.put(field.substring(0, equals), field.substring(equals + 1));
        }
        var argument = new CommandDescription.Argument(words.get(0), words.get(1), fields, new ArrayList<>());
        open.subList(depth + 1, open.size()).clear();
        open.get(depth).add(argument);
        open.add(argument.parts());
    }
}
