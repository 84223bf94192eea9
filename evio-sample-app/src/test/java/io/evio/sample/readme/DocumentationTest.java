package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.sample.testing.Programs;
import io.evio.sample.testing.TestedPoller;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Every fenced block of every page does what the page says, and every link leads somewhere. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
@Timeout(120)
class DocumentationTest {

    private static final Path SAMPLES_YAML = Path.of("src/main/resources/application.yml");

    /** In the order in which they are read: a block may use what an earlier one declares. */
    private static final List<String> WITH_BLOCKS = List.of(
            "README.md",
            "evio-core/docs/guide.md",
            "evio-core/docs/limits.md",
            "evio-core/docs/write-a-protocol.md",
            "evio-core/docs/performance.md",
            "evio-core/docs/pollers.md",
            "evio-spring-boot-starter/docs/lifecycle.md",
            "evio-spring-boot-starter/docs/testing.md",
            "evio-spring-boot-starter/docs/deployment.md",
            "evio-spring-boot-starter/docs/load-balancers.md",
            "evio-sample-app/docs/sample.md",
            "evio-sample-app/docs/proxies.md",
            ".github/CONTRIBUTING.md");

    /** Pages with blocks that tests of their own run, or that are about programs that no test runs. */
    private static final Set<String> TESTED_ELSEWHERE = Set.of(
            "evio-spring-boot-starter/docs/tls.md", // EvioTlsGuideTests
            "evio-core/docs/internals.md",
            "evio-core/docs/tuning.md",
            "evio-sample-app/docs/hostile-input.md",
            "evio-sample-app/docs/soak.md",
            "evio-sample-app/bench/README.md");

    private final KnownProperties properties = new KnownProperties();
    private final Reactor reactor = new Reactor(Pages.ROOT);
    private final ShellBlocks shell = new ShellBlocks(Pages.ROOT, reactor, properties);

    /** The log so far of the applications of the YAML blocks. */
    private final StringBuilder log = new StringBuilder();

    @TempDir
    private static Path folder;

    private SampleApp sample;

    DocumentationTest() throws IOException {}

    static List<Block> blocks() throws IOException {
        List<Block> blocks = new ArrayList<>();
        for (String page : WITH_BLOCKS) {
            blocks.addAll(Block.read(page));
        }
        return blocks;
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
            case "haproxy" -> isTaken(block, "haproxy", "-c", "-f");
            case "nginx" -> isTaken(block, "nginx", "-e", "stderr", "-t", "-c");
            case "bash" -> isRun(block);
            case "text" -> warnsOfNativeAccess(block);
            case "ini" -> isAUnit(block);
            case "txt" -> {} // a drawing
            case "" -> wasLogged(block);
            default -> fail("this test does not know what to do with a block of %s", block);
        }
    }

    @Test
    void noPageIsLeftOut() throws IOException {
        for (String page : Pages.all()) {
            if (!WITH_BLOCKS.contains(page) && !TESTED_ELSEWHERE.contains(page)) {
                assertThat(Block.read(page)).as(page).isEmpty();
            }
        }
    }

    @Test
    void theReadmeIsShort() throws IOException {
        assertThat(Files.readAllLines(Pages.ROOT.resolve(Pages.README))).hasSizeLessThanOrEqualTo(220);
    }

    @ParameterizedTest
    @MethodSource("io.evio.sample.readme.Pages#all")
    void everyLinkLeadsToAFileAndAHeading(String page) throws Exception {
        for (String link : Pages.links(page)) {
            assertThat(Pages.exists(page, link)).as("%s in %s", link, page).isTrue();
        }
        shell.namesExist(Files.readString(Pages.ROOT.resolve(page)).replaceAll("\\]\\([^)]*\\)", "]"));
    }

    @Test
    void everyPageIsReachedFromTheReadme() throws IOException {
        assertThat(Pages.reachableFromTheReadme()).containsAll(Pages.all());
    }

    /** The server of the page about protocols, and its test. */
    @Test
    void theServerOfThePageAboutProtocolsAnswers() throws Exception {
        Path classes = Files.createTempDirectory(folder, "protocol");
        for (Block block : Block.read("evio-core/docs/write-a-protocol.md")) {
            if (block.language().equals("java")) {
                new JavaBlocks(classes).check(block);
            }
        }
        try (URLClassLoader loader =
                        new URLClassLoader(new URL[] {classes.toUri().toURL()});
                EvioServer server = EvioServer.builder()
                        .handler((EvioHandler) instance(loader, "readme.Devices"))
                        .addresses("tcp://127.0.0.1:0")
                        .build()) {
            server.start();
            Object test = instance(loader, "readme.DevicesTest");
            Method method = test.getClass().getDeclaredMethod("oneDeviceAsksAnother", int.class);
            method.setAccessible(true);
            method.invoke(test, server.addresses().get(0).port());
        }
    }

    /** The tests of the page about testing that need no application, two of them of the handler of the guide. */
    @ParameterizedTest
    @CsvSource({
        "GreetingHandlerTest, aLineIsGreetedHoweverItArrives",
        "StalledFrameTest, halfALineIsCutOffAfterTwoSeconds",
        "FrontTest, aBackendThatFailsResetsTheClient"
    })
    void theTestOfAHandlerPasses(String type, String method) throws Exception {
        Path classes = Files.createTempDirectory(folder, "test");
        for (String name : List.of("class GreetingHandler ", "class " + type + " ")) {
            List<Block> declaring = blocks().stream()
                    .filter(block -> block.text().contains(name))
                    .toList();
            assertThat(declaring).as(name).hasSize(1);
            new JavaBlocks(classes).check(declaring.get(0));
        }
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {classes.toUri().toURL()})) {
            Object test = instance(loader, "readme." + type);
            Method run = test.getClass().getDeclaredMethod(method);
            run.setAccessible(true);
            run.invoke(test);
        }
    }

    private static Object instance(ClassLoader loader, String name) throws ReflectiveOperationException {
        Constructor<?> constructor = loader.loadClass(name).getDeclaredConstructor();
        constructor.setAccessible(true);
        return constructor.newInstance();
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

    /** The program itself finds nothing wrong with its configuration. */
    private static void isTaken(Block block, String program, String... options) throws Exception {
        Programs.required(program, program);
        Path stream = Path.of("/usr/lib/nginx/modules/ngx_stream_module.so");
        String before = program.equals("nginx")
                ? (Files.exists(stream) ? "load_module " + stream + ";\n" : "") + "pid " + folder
                        + "/nginx.pid;\nevents {}\n"
                : "";
        Path file = Files.writeString(Files.createTempFile(folder, program, ".conf"), before + block.text());
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(options));
        command.add(file.toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }

    /** By {@link RollingRestartIT}, which takes the only one of its language. */
    private static void isRun(Block block) throws IOException {
        assertThat(blocks())
                .filteredOn(other -> other.language().equals(block.language()))
                .containsExactly(block);
    }

    /** Output is what the applications of the YAML blocks before it log, over any poller; a page shows the best one. */
    private void wasLogged(Block block) {
        for (String line : YamlBlocks.anywhere(block.text()).split("\n", -1)) {
            assertThat(log.toString()).contains(line.replace("(epoll)", "(" + TestedPoller.NAME + ")"));
        }
    }

    /**
     * A service of systemd takes the JVM's status after SIGTERM for success, and gives a stop more time than the
     * servers' grace period takes by default.
     */
    private static void isAUnit(Block block) {
        if (block.text().contains("[Socket]\n")) {
            assertThat(block.text()).contains("ListenStream=", "FileDescriptorName=", "WantedBy=sockets.target");
            return;
        }
        assertThat(block.text()).contains("[Service]\n", "ExecStart=/usr/bin/java ", "SuccessExitStatus=143\n");
        Matcher time = Pattern.compile("(?m)^TimeoutStopSec=(\\d+)$").matcher(block.text());
        if (time.find()) {
            assertThat(Integer.parseInt(time.group(1))).isGreaterThan(20);
        }
    }

    /** Text is what the JVM warns of; .ci/newcomer holds it against a JVM that does. */
    private static void warnsOfNativeAccess(Block block) {
        assertThat(block.text().lines()).allMatch(line -> line.startsWith("WARNING: "));
    }
}
