package io.evio.interop;

import io.evio.testing.Eventually;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that talks with the server under test. What it writes, errors too, is kept. */
final class Program implements AutoCloseable {

    /** The longest run of one, a scanner's, on a busy machine. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final List<String> command;
    private final Process process;
    private final Thread reader;
    private final StringBuffer output = new StringBuffer();

    private Program(List<String> command, Process process) {
        this.command = command;
        this.process = process;
        this.reader = new Thread(this::read, "output of " + command.get(0));
    }

    static Program start(List<String> command) throws IOException {
        Program program = new Program(
                command, new ProcessBuilder(command).redirectErrorStream(true).start());
        program.reader.start();
        return program;
    }

    /** Runs a program without input to its end, which has to be a good one; returns what it has written. */
    static String run(String... command) throws IOException, InterruptedException {
        try (Program program = start(Arrays.asList(command))) {
            return program.end(0);
        }
    }

    private void read() {
        try (Reader from = new InputStreamReader(process.getInputStream(), StandardCharsets.ISO_8859_1)) {
            char[] buffer = new char[8192];
            for (int n = from.read(buffer); n >= 0; n = from.read(buffer)) {
                output.append(buffer, 0, n);
            }
        } catch (IOException e) {
            output.append("[not read to the end: ").append(e).append(']');
        }
    }

    /** Returns what it has written so far. */
    String output() {
        return output.toString();
    }

    /** Types a line. */
    Program type(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.ISO_8859_1));
        process.getOutputStream().flush();
        return this;
    }

    /** Waits until it has written the text. */
    Program await(String text) {
        return await(text, 1);
    }

    /** Waits until it has written the text so many times. */
    Program await(String text, int times) {
        Eventually.isTrue(
                "'" + text + "' of " + this, () -> hasWritten(text, times) || !process.isAlive() && !reader.isAlive());
        if (!hasWritten(text, times)) {
            throw new AssertionError(this + " has ended without '" + text + "'");
        }
        return this;
    }

    private boolean hasWritten(String text, int times) {
        int end = 0;
        for (int i = 0; i < times; i++) {
            int begin = output.indexOf(text, end);
            if (begin < 0) {
                return false;
            }
            end = begin + text.length();
        }
        return true;
    }

    /** Ends its input and waits for its end; returns its whole output. */
    String end(int status) throws IOException, InterruptedException {
        String all = end();
        if (process.exitValue() != status) {
            throw new AssertionError(this + " has ended with " + process.exitValue());
        }
        return all;
    }

    /** As {@link #end(int)}, however it ends. */
    String end() throws IOException, InterruptedException {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // It has ended before.
        }
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new AssertionError(this + " does not end");
        }
        Eventually.ended(reader);
        return output();
    }

    @Override
    public void close() {
        // Its output ends with it, and so does the reader.
        process.destroyForcibly().onExit().join();
    }

    @Override
    public String toString() {
        return String.join(" ", command) + ", which has written: " + output;
    }
}
