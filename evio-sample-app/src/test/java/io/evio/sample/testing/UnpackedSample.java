package io.evio.sample.testing;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.springframework.util.DigestUtils;
import org.springframework.util.FileSystemUtils;

/**
 * The sample's jar unpacked, with an archive of its classes as a JVM has them in memory. A start from both saves much
 * of the processor time. The first test that needs them makes them, for the JVMs of all tests.
 */
final class UnpackedSample {

    private UnpackedSample() {}

    /** The life of an application, from its start until it is up and stopped. */
    interface Life {
        void live(List<String> java) throws IOException, InterruptedException;
    }

    /**
     * Returns what follows {@code java} on a command line.
     *
     * @param jar the runnable one
     * @param options of the JVM, the same each time
     * @param life one whose classes are kept; it is given such a command line
     */
    static List<String> java(Path jar, List<String> options, Life life) throws IOException, InterruptedException {
        Path folder = jar.resolveSibling("unpacked");
        Path unpacked = folder.resolve(jar.getFileName());
        Path classes = folder.resolve("classes.jsa");
        Path made = folder.resolve("made-of");
        try (FileChannel lock = FileChannel.open(
                jar.resolveSibling("unpacked.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            lock.lock();
            // Builds that are reproducible give every jar the same time.
            String source = digest(jar) + " on " + Runtime.version();
            if (!Files.exists(made) || !Files.readString(made).equals(source)) {
                FileSystemUtils.deleteRecursively(folder);
                unpack(jar, folder);
                life.live(line(options, "-XX:ArchiveClassesAtExit=" + classes, unpacked));
                Files.writeString(made, source);
            }
        }
        return line(options, "-XX:SharedArchiveFile=" + classes, unpacked);
    }

    private static List<String> line(List<String> options, String archive, Path jar) {
        List<String> line = new ArrayList<>(options);
        line.addAll(List.of(archive, "-jar", jar.toString()));
        return line;
    }

    private static String digest(Path jar) throws IOException {
        try (InputStream in = Files.newInputStream(jar)) {
            return DigestUtils.md5DigestAsHex(in);
        }
    }

    /** Unpacks the jar, as Spring Boot's reference says. */
    private static void unpack(Path jar, Path folder) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(
                        SampleJar.java(),
                        "-Djarmode=tools",
                        "-jar",
                        jar.toString(),
                        "extract",
                        "--destination",
                        folder.toString())
                .inheritIO()
                .start();
        if (process.waitFor() != 0) {
            throw new IOException("The jar cannot be unpacked: " + jar);
        }
    }
}
