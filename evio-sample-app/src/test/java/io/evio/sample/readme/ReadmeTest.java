package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.evio.sample.testing.TestedPoller;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Every fenced block of the README does what the README says, and every file it points to is there. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
@Timeout(120)
class ReadmeTest {

    private static final Path ROOT = Path.of("..");
    private static final Path README = ROOT.resolve("README.md");
    private static final Path SAMPLES_YAML = Path.of("src/main/resources/application.yml");
    private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:|#)([^)#]+)");

    private final KnownProperties properties = new KnownProperties();
    private final Reactor reactor = new Reactor(ROOT);
    private final ShellBlocks shell = new ShellBlocks(ROOT, reactor, properties);

    /** What the applications of the YAML blocks have logged so far. */
    private final StringBuilder log = new StringBuilder();

    @TempDir
    private static Path folder;

    private SampleApp sample;

    ReadmeTest() throws IOException {}

    static List<Block> blocks() throws IOException {
        return Block.read(README);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("blocks")
    void blockIsRight(Block block, CapturedOutput output) throws Exception {
        switch (block.language()) {
            case "java" -> new JavaBlocks(folder).check(block);
            case "xml" -> new XmlBlocks(reactor).check(block);
            case "yaml" -> {
                if (PodBlocks.isPod(block)) {
                    PodBlocks.check(block, sample());
                    return;
                }
                new YamlBlocks(Files.createTempDirectory(folder, "yaml"), properties).check(block);
                log.append(YamlBlocks.anywhere(output.getOut()));
            }
            case "sh" -> shell.check(block, sample());
            case "haproxy", "bash" -> isRun(block);
            case "text" -> warnsOfNativeAccess(block);
            case "" -> wasLogged(block);
            default -> fail("this test does not know what to do with a block of %s", block);
        }
    }

    /** The one that needs no application. */
    @Test
    void theTestOfAHandlerPasses() throws Exception {
        Path classes = Files.createTempDirectory(folder, "test");
        for (String name : List.of("class GreetingHandler ", "class GreetingHandlerTest ")) {
            List<Block> declaring = blocks().stream()
                    .filter(block -> block.text().contains(name))
                    .toList();
            assertThat(declaring).as(name).hasSize(1);
            new JavaBlocks(classes).check(declaring.get(0));
        }
        try (URLClassLoader loader = new URLClassLoader(
                new URL[] {classes.toUri().toURL()}, getClass().getClassLoader())) {
            Class<?> type = loader.loadClass("readme.GreetingHandlerTest");
            Constructor<?> constructor = type.getDeclaredConstructor();
            constructor.setAccessible(true);
            Method test = type.getDeclaredMethod("aLineIsGreetedHoweverItArrives");
            test.setAccessible(true);
            test.invoke(constructor.newInstance());
        }
    }

    @Test
    void theJavaOfThePageOnProxiesCompiles() throws IOException {
        List<Block> java = Block.read(Path.of("docs/proxies.md")).stream()
                .filter(block -> block.language().equals("java"))
                .toList();
        assertThat(java).hasSize(2);
        for (Block block : java) {
            new JavaBlocks(Files.createTempDirectory(folder, "proxies")).check(block);
        }
    }

    @Test
    void pointsToFilesThatExist() throws Exception {
        String text = Files.readString(README);
        for (Matcher link = LINK.matcher(text); link.find(); ) {
            assertThat(ROOT.resolve(link.group(1))).exists();
        }
        shell.namesExist(text);
    }

    @AfterAll
    void stop() {
        if (sample != null) {
            sample.close();
        }
    }

    private SampleApp sample() throws Exception {
        if (sample == null) {
            sample = new SampleApp(SAMPLES_YAML, Files.createTempDirectory(folder, "sample"));
        }
        return sample;
    }

    /** By {@link RollingRestartIT}, which takes the only one of its language. */
    private static void isRun(Block block) throws IOException {
        assertThat(blocks())
                .filteredOn(other -> other.language().equals(block.language()))
                .containsExactly(block);
    }

    /**
     * Output is what the applications of the YAML blocks before it log, over any poller; the README shows the best one.
     */
    private void wasLogged(Block block) {
        for (String line : YamlBlocks.anywhere(block.text()).split("\n", -1)) {
            assertThat(log.toString()).contains(line.replace("(epoll)", "(" + TestedPoller.NAME + ")"));
        }
    }

    /** Text is what the JVM warns of; .ci/newcomer holds it against a JVM that does. */
    private static void warnsOfNativeAccess(Block block) {
        assertThat(block.text().lines()).allMatch(line -> line.startsWith("WARNING: "));
    }
}
