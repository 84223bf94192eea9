package io.evio.sample.testing;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The programs that tests use as real counterparts. */
public final class Programs {

    private Programs() {}

    /** The program's path. Without it the test fails in CI, and elsewhere is skipped with the Debian package's name. */
    public static String required(String name, String debianPackage) {
        String found = Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse(null);
        if (found == null) {
            unavailable(name + " is missing: install Debian's package " + debianPackage);
        }
        return found;
    }

    /** Fails the test in CI, and elsewhere skips it. */
    public static void unavailable(String why) {
        if ("true".equals(System.getenv("CI"))) {
            throw new IllegalStateException(why);
        }
        abort(why);
    }
}
