package io.evio.testing;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/**
 * A JDK of this machine.
 *
 * @param feature the first number of its version, such as 25
 */
public record Jdk(Path home, int feature) {

    private static final Path INSTALLED = Path.of("/usr/lib/jvm");

    /**
     * The one that runs this, if it is new enough; else that of {@code JAVA_HOME_25}, or one that is installed. Without
     * any the test fails in CI and is skipped elsewhere.
     */
    public static Jdk since(int feature) throws IOException {
        Path own = Path.of(System.getProperty("java.home"));
        List<Path> homes = new ArrayList<>(List.of(own));
        if (System.getenv("JAVA_HOME_25") != null) {
            homes.add(Path.of(System.getenv("JAVA_HOME_25")));
        }
        if (Files.isDirectory(INSTALLED)) {
            try (DirectoryStream<Path> folders = Files.newDirectoryStream(INSTALLED)) {
                folders.forEach(homes::add);
            }
        }
        for (Path home : homes) {
            int found = home.equals(own) ? Runtime.version().feature() : featureOf(home);
            if (found >= feature) {
                return new Jdk(home, found);
            }
        }
        Programs.unavailable("no JDK " + feature + " or later: set JAVA_HOME_25, or install one under " + INSTALLED);
        throw new AssertionError("not reached");
    }

    /** As its file {@code release} says; 0 when it says nothing, or there is no JVM. */
    private static int featureOf(Path home) throws IOException {
        Path release = home.resolve("release");
        if (!Files.isReadable(release) || !Files.isExecutable(home.resolve("bin/java"))) {
            return 0;
        }
        Properties properties = new Properties();
        try (var reader = Files.newBufferedReader(release)) {
            properties.load(reader);
        }
        String version = properties.getProperty("JAVA_VERSION", "0").replace("\"", "");
        return Runtime.Version.parse(version.replaceAll("_.*", "")).feature();
    }

    /** The command that runs a class of the tests' class path. */
    public List<String> command(Class<?> main, List<String> options, String... arguments) {
        List<String> command = new ArrayList<>(List.of(home.resolve("bin/java").toString()));
        command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        if (feature >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(ScramblingLayer.options());
        command.addAll(options);
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }
}
