package io.evio.testing;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The programs that tests use. */
public final class Programs {

    private Programs() {}

    /** Without this program the test fails in CI, and elsewhere is skipped with the Debian package's name. */
    public static void require(String name, String debianPackage) {
        if (Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .noneMatch(folder -> Files.isExecutable(Path.of(folder, name)))) {
            unavailable(name + " is missing: install Debian's package " + debianPackage);
        }
    }

    /** Fails in CI, and elsewhere skips the test. */
    public static void unavailable(String why) {
        if ("true".equals(System.getenv("CI"))) {
            throw new AssertionError(why);
        }
        abort(why);
    }

    /** Returns what a program writes until its end, which has to be a good one. */
    public static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new AssertionError(String.join(" ", command) + " ended with " + process.exitValue() + ": " + output);
        }
        return output;
    }
}
