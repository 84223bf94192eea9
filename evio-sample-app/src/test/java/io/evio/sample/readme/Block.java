package io.evio.sample.readme;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A fenced block of a Markdown file.
 *
 * @param file the file's path from the top of the project
 * @param line where its first line stands in the file, from 1
 * @param language what follows the opening fence, or the empty string
 * @param text its lines, each with its line feed
 */
record Block(String file, int line, String language, String text) {

    private static final String FENCE = "```";

    /** @param file the path from the top of the project, which is one folder up */
    static List<Block> read(String file) throws IOException {
        List<Block> blocks = new ArrayList<>();
        List<String> lines = Files.readAllLines(Path.of("..", file));
        for (int i = 0; i < lines.size(); i++) {
            String opening = lines.get(i).strip();
            if (!opening.startsWith(FENCE)) {
                continue;
            }
            int first = i + 1;
            StringBuilder text = new StringBuilder();
            while (++i < lines.size() && !lines.get(i).strip().equals(FENCE)) {
                text.append(lines.get(i)).append('\n');
            }
            if (i == lines.size()) {
                throw new IOException("the block of line " + first + " of " + file + " has no end");
            }
            blocks.add(
                    new Block(file, first + 1, opening.substring(FENCE.length()).strip(), text.toString()));
        }
        return blocks;
    }

    @Override
    public String toString() {
        return (language.isEmpty() ? "output" : language) + " in " + file + ":" + line;
    }
}
