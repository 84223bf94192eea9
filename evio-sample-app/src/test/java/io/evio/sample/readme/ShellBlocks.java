package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.evio.sample.testing.Programs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.opentest4j.TestAbortedException;
import org.springframework.core.env.MapPropertySource;

/**
 * Commands. All are well-formed and name modules, files and properties that there are; those of clients are run against
 * the sample app.
 */
final class ShellBlocks {

    /** Programs that talk to the sample, with the Debian package that has them. */
    private static final Map<String, String> CLIENTS = Map.of(
            "nc", "netcat-openbsd",
            "openssl", "openssl",
            "redis-cli", "redis-tools",
            "redis-benchmark", "redis-tools",
            "curl", "curl");

    /** Programs that are not run, or only as company of a client. */
    private static final Set<String> OTHERS = Set.of("mvn", "java", "grep", "head", "printf", "echo", "systemctl");

    private static final Pattern FIRST_WORD = Pattern.compile("(?:^|&&|\\|\\||[|;])\\s*(?:\\w+=\\S*\\s+)*([^\\s;|&]+)");
    private static final Pattern IN_A_MODULE = Pattern.compile("(?<![\\w./-])(evio-[a-z-]+)/([\\w./*-]+)");
    private static final Pattern SELECTED = Pattern.compile("(?:-pl|--projects)[ =](\\S+)");
    private static final Pattern PROPERTY = Pattern.compile("(?:--|-D)(evio\\.[^=\\s]+)=('[^']*'|\"[^\"]*\"|\\S*)");

    private final Path root;
    private final Reactor reactor;
    private final KnownProperties properties;

    ShellBlocks(Path root, Reactor reactor, KnownProperties properties) {
        this.root = root;
        this.reactor = reactor;
        this.properties = properties;
    }

    void check(Block block, SampleApp sample) throws Exception {
        run(List.of("bash", "-n", "-c", block.text()));
        List<TestAbortedException> skipped = new ArrayList<>();
        for (String line : block.text().replaceAll("\\\\\n\\s*", " ").split("\n", -1)) {
            String command = line.replaceFirst("(^|\\s+)#.*", "");
            namesExist(command);
            List<String> clients = clients(command);
            if (!clients.isEmpty()) {
                String reached = sample.reached(line).replaceFirst("(^|\\s+)#.*", "");
                try {
                    clients.forEach(client -> Programs.required(client, CLIENTS.get(client)));
                    answered(reached);
                } catch (TestAbortedException e) {
                    skipped.add(e);
                }
            }
        }
        if (!skipped.isEmpty()) {
            throw skipped.get(0);
        }
    }

    /** Every mention of the project's modules and files in a text is true; jars are those that their module makes. */
    void namesExist(String text) throws Exception {
        for (Matcher selected = SELECTED.matcher(text); selected.find(); ) {
            assertThat(reactor.modules()).contains(selected.group(1).split(","));
        }
        for (Matcher path = IN_A_MODULE.matcher(text); path.find(); ) {
            String module = path.group(1);
            assertThat(module).as(path.group()).isIn(reactor.modules());
            if (!path.group(2).startsWith("target/")) {
                assertThat(root.resolve(path.group())).exists();
            } else if (path.group(2).endsWith(".jar")) {
                assertThat(path.group(2)).isEqualTo("target/" + reactor.jar(module));
            }
        }
        Map<String, Object> given = new LinkedHashMap<>();
        for (Matcher property = PROPERTY.matcher(text); property.find(); ) {
            given.put(property.group(1), property.group(2).replaceAll("['\"]", ""));
        }
        properties.check(List.of(new MapPropertySource("command line", given)));
    }

    /** The programs of a command that talk to the sample; one that nobody knows is refused. */
    private List<String> clients(String command) {
        List<String> clients = new ArrayList<>();
        for (Matcher word = FIRST_WORD.matcher(command.replaceAll("'[^']*'|\"[^\"]*\"", "''")); word.find(); ) {
            String program = word.group(1);
            if (CLIENTS.containsKey(program)) {
                clients.add(program);
            } else if (program.contains("/")) {
                assertThat(Files.isExecutable(root.resolve(program)))
                        .as("%s is a program", program)
                        .isTrue();
            } else if (!OTHERS.contains(program)) {
                fail("this test does not know what to do with '%s' in: %s", program, command);
            }
        }
        return clients;
    }

    private static void answered(String command) throws Exception {
        if (command.matches("(nc|openssl s_client) [^|]*")) {
            echoed(command);
            return;
        }
        String bounded = command.replaceAll("\\bcurl\\b", "curl --fail --max-time 20")
                .replaceAll("\\bredis-benchmark\\b", "redis-benchmark -n 2000");
        assertThat(run(List.of("bash", "-c", bounded)))
                .as(command)
                .isNotBlank()
                .doesNotContainPattern("(?i)\\berr(or)?\\b");
    }

    /** Types a line and sees it come back, as somebody at a terminal does. */
    private static void echoed(String command) throws IOException {
        Process process = new ProcessBuilder("bash", "-c", "exec " + command)
                .redirectErrorStream(true)
                .start();
        BufferedReader screen = process.inputReader(StandardCharsets.US_ASCII);
        try (Writer keyboard = process.outputWriter(StandardCharsets.US_ASCII)) {
            keyboard.write("every line\n");
            keyboard.flush();
            List<String> before = new ArrayList<>();
            String line = screen.readLine();
            while (line != null && !line.equals("every line")) {
                before.add(line); // openssl describes the connection first
                line = screen.readLine();
            }
            assertThat(line).as("%s, after %s", command, before).isEqualTo("every line");
        } catch (IOException e) {
            throw new AssertionError(command + " ended by itself", e);
        } finally {
            process.destroyForcibly();
        }
    }

    /** Returns what the program prints; it has to end well. */
    private static String run(List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("evio-readme", ".txt");
        Process process = new ProcessBuilder(command)
                .redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        try {
            assertThat(process.waitFor(60, TimeUnit.SECONDS))
                    .as("%s ends", command)
                    .isTrue();
            String printed = Files.readString(output);
            assertThat(process.exitValue()).as("%s: %s", command, printed).isZero();
            return printed;
        } finally {
            process.destroyForcibly();
            Files.delete(output);
        }
    }
}
