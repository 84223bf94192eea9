package io.evio.spring.boot.diagnostics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.EvioHandler;
import io.evio.spring.boot.EvioServerBuilderCustomizer;
import io.evio.spring.boot.testing.Clients;
import io.evio.spring.boot.testing.TestedPoller;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.support.GenericApplicationContext;

/** The report that a user reads when an application does not start: the report of Boot, description and action. */
@Timeout(60)
@ExtendWith(OutputCaptureExtension.class)
class EvioFailureAnalysisTests {

    private static final String PROPERTY = " The address is in evio.servers.echo.addresses.";

    @TempDir
    private Path folder;

    private static void assertRefused(CapturedOutput output, String address, String reason, String action) {
        assertReport(
                output,
                "Evio 'echo' cannot listen on " + address + ": " + reason,
                action + PROPERTY,
                "--evio.servers.echo.addresses=" + address);
    }

    private static void assertReport(CapturedOutput output, String description, String action, String... arguments) {
        assertThatThrownBy(() -> new SpringApplicationBuilder(EchoApplication.class)
                        .web(WebApplicationType.NONE)
                        .run(arguments)
                        .close())
                .isNotNull();
        // Between them may be the origin of a property.
        assertThat(output.getOut())
                .contains("Description:\n\n" + description + "\n\n")
                .contains("\n\nAction:\n\n" + action + "\n");
    }

    @Test
    void aPortInUse(CapturedOutput output) throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertRefused(
                    output,
                    "tcp://127.0.0.1:" + other.getLocalPort(),
                    "the address is in use (EADDRINUSE).",
                    "Stop the other server or choose another port.");
        }
    }

    @Test
    void aSocketInUse(CapturedOutput output) throws IOException {
        Path path = folder.resolve("live.sock");
        try (ServerSocketChannel other = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            other.bind(UnixDomainSocketAddress.of(path));
            assertRefused(
                    output,
                    "unix://" + path,
                    "another server listens on this socket (EADDRINUSE).",
                    "Stop it or choose another path.");
        }
        assertThat(path).exists();
    }

    @Test
    void aFileInTheWay(CapturedOutput output) throws IOException {
        Path path = Files.writeString(folder.resolve("file"), "precious");
        assertRefused(
                output,
                "unix://" + path,
                "there is a file that is no socket (EADDRINUSE).",
                "Remove it or choose another path.");
        assertThat(path).hasContent("precious");
    }

    /** Nobody may make a file in sysfs, root included. */
    @Test
    void noPermission(CapturedOutput output) {
        String errno = "root".equals(System.getProperty("user.name")) ? "EPERM" : "EACCES";
        assertRefused(
                output,
                "unix:///sys/evio.sock",
                "permission denied (" + errno + ").",
                "A unix socket needs a directory that this user may write to.");
    }

    @Test
    void anAddressTwice(CapturedOutput output) {
        assertReport(
                output,
                "The value '*:5000' of evio.servers.echo.addresses is wrong: Address 3, tcp://:5000, is the same as"
                        + " address 1, tcp://:5000. Leave one of them out.",
                "Set evio.servers.echo.addresses to a value such as tcp://127.0.0.1:5000.",
                "--evio.servers.echo.addresses=tcp://:5000, unix:///tmp/x.sock, *:5000");
    }

    @Test
    void anAbstractSocketWithPermissions(CapturedOutput output) {
        assumeFalse(TestedPoller.NAME.equals("nio"), "nio has no abstract sockets");
        assertReport(
                output,
                "Evio 'echo' cannot listen on unix://@echo: an abstract unix socket has no file, and so none of the"
                        + " permissions that are set for unix sockets.",
                "Use a path, as in unix:///run/echo.sock, or set no permissions: every process of the network namespace"
                        + " may"
                        + " connect then." + PROPERTY,
                "--evio.servers.echo.addresses=unix://@echo",
                "--evio.unix.permissions=rw-rw----");
    }

    @Test
    void anAbstractSocketWithPlainJava(CapturedOutput output) {
        assertReport(
                output,
                "Evio 'echo' cannot listen on unix://@echo: it is an abstract unix socket, which the poller nio cannot"
                        + " have because Java has none.",
                "Use the poller epoll, or a path, as in unix:///run/echo.sock." + PROPERTY,
                "--evio.servers.echo.addresses=unix://@echo",
                "--evio.poller=nio");
    }

    @Test
    void aDescriptorThatIsNone(CapturedOutput output) {
        assumeFalse(TestedPoller.NAME.equals("nio"), "nio takes no descriptors");
        assertRefused(
                output,
                "fd://60001",
                "there is no such descriptor (EBADF).",
                "The program that starts this one has to hand the socket over, as systemd does by a .socket unit.");
    }

    @Test
    void noSocketsOfSystemd(CapturedOutput output) {
        assertRefused(
                output,
                "systemd://echo",
                "systemd has handed over no sockets: LISTEN_FDS is not set.",
                "Start the service by its .socket unit, as with systemctl start name.socket.");
    }

    @Test
    void anAddressOfAnotherMachine(CapturedOutput output) {
        assertRefused(
                output,
                "tcp://192.0.2.1:5000",
                "no interface of this machine has this address (EADDRNOTAVAIL).",
                "Use one that it has, or no host for all of them.");
    }

    @Test
    void anUnknownHost(CapturedOutput output) {
        assertReport(
                output,
                "Evio 'echo' cannot listen on tcp://no-such-host.invalid:5000: the host cannot be resolved,"
                        + " no-such-host.invalid: Name or service not known.",
                "Use one of this machine's names or addresses, or no host for every interface. The address is in"
                        + " evio.addresses.",
                "--evio.addresses=tcp://no-such-host.invalid:5000");
    }

    @Test
    void aPathThatIsTooLong(CapturedOutput output) {
        assertRefused(
                output,
                "unix:///tmp/" + "p".repeat(103),
                "the path is too long for a unix socket, which takes at most " + TestedPoller.maxPath()
                        + " bytes (ENAMETOOLONG).",
                "Use a shorter one.");
    }

    @Test
    void aMissingFolder(CapturedOutput output) {
        assertRefused(
                output,
                "unix://" + folder.resolve("missing/s"),
                "the directory of the unix socket does not exist (ENOENT).",
                "Create it first.");
    }

    @Test
    void aFileInsteadOfAFolder(CapturedOutput output) throws IOException {
        assertRefused(
                output,
                "unix://" + Files.createFile(folder.resolve("file")).resolve("s"),
                "a part of the path is no directory (ENOTDIR).",
                "Use a path through directories.");
    }

    @Test
    void anotherSystem() throws Exception {
        assertThat(child("-Dos.name=Plan 9"))
                .contains(report(
                        "Evio 'echo' cannot run here. epoll needs Linux, and this is Plan 9.",
                        "Leave the poller at auto, which takes one that this system has."));
    }

    @Test
    void aJvmOf32Bits() throws Exception {
        assertThat(child("-Dos.arch=i386"))
                .contains(report(
                        "Evio 'echo' cannot run here. epoll needs a JVM of 64 bits, and this one has 32 (i386).",
                        "Start it with a JVM of 64 bits."));
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_24, disabledReason = "older JVMs do not deny native access")
    void deniedNativeAccess() throws Exception {
        assertThat(child("--illegal-native-access=deny"))
                .contains(report(
                        "Evio 'echo' cannot run here. This JVM denies native access, which jnr-ffi needs to make system"
                                + " calls.",
                        "Start it with --enable-native-access=ALL-UNNAMED, or put Enable-Native-Access: ALL-UNNAMED"
                                + " into the manifest of the runnable jar."));
    }

    @Test
    void aTemporaryFolderThatIsMountedNoexec() throws Exception {
        Path mount = Files.createDirectory(folder.resolve("noexec"));
        Process mounted = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "noexec,size=8m", "tmpfs", mount.toString())
                .redirectErrorStream(true)
                .start();
        assumeTrue(mounted.waitFor() == 0, "only root may mount a folder noexec");
        try {
            assertThat(child("-Djffi.extract.dir=" + mount))
                    .contains(report(
                            "Evio 'echo' cannot run here. The native library of jnr-ffi cannot be loaded: could not"
                                    + " load"
                                    + " jffi library from " + mount + ".",
                            "It is unpacked to the folder of -Djffi.extract.dir, or else of -Djava.io.tmpdir, which"
                                    + " this user must be able to write to and which must not be mounted noexec. It"
                                    + " needs glibc: on musl, as in Alpine's images, it cannot be loaded."));
        } finally {
            assertThat(new ProcessBuilder("umount", mount.toString()).start().waitFor())
                    .isZero();
        }
    }

    private static String report(String description, String action) {
        return "Description:\n\n" + description
                + "\n\n    Origin: \"evio.poller\" from property source \"systemProperties\"\n\nAction:\n\n" + action
                + "\n";
    }

    /**
     * Returns what the application prints in a JVM of its own with these options, with a poller that it cannot do
     * without.
     */
    private static String child(String... options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Dspring.devtools.restart.enabled=false"));
        command.add("-Devio.poller=epoll");
        command.addAll(List.of(options));
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, EchoApplication.class.getName()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(output).isEqualTo(1);
            return output;
        } finally {
            process.destroyForcibly();
        }
    }

    private static final String NO_DURATION = "it is no duration with a unit (ns, us, ms, s, m, h or d) | 30s";
    private static final String NO_SIZE = "it is no size with a unit (B, KB, MB, GB or TB) | 16MB";
    private static final String NO_NETWORK =
            ". Use a network such as 10.0.0.0/8 or fd00::/8, an address, or unix | 10.0.0.0/8";
    private static final String FORMS = " Use tcp://host:port, tcp4://host:port, tcp6://host:port, unix://path or"
            + " host:port | tcp://127.0.0.1:5000";

    @ParameterizedTest(name = "{0}={1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "evio.enabled                             | perhaps    | it is neither true nor false | true",
                "evio.auto-startup                        | perhaps    | it is neither true nor false | true",
                "evio.backlog                             | abc        | it is no whole number | 1024",
                "evio.backlog                             | 3000000000 | it is no whole number | 1024",
                "evio.blocked-after                       | soon       | " + NO_DURATION,
                "evio.limits.drain-timeout                | 5 parsecs  | " + NO_DURATION,
                "evio.limits.high-water-mark              | much       | " + NO_SIZE,
                "evio.limits.idle-timeout                 | x          | " + NO_DURATION,
                "evio.limits.first-input-timeout          | soon       | " + NO_DURATION,
                "evio.limits.first-input-timeout          | -1s        | first-input-timeout must not be"
                        + " negative, but was PT-1S | 10s",
                "evio.limits.frame-timeout                | soon       | " + NO_DURATION,
                "evio.servers.echo.limits.frame-timeout   | -1s        | frame-timeout must not be negative,"
                        + " but was PT-1S | 10s",
                "evio.limits.low-water-mark               | 1 apple    | " + NO_SIZE,
                "evio.limits.max-connections              | many       | it is no whole number | 1024",
                "evio.limits.max-outbound-connections     | many       | it is no whole number | 1024",
                "evio.limits.max-connections-per-address  | few        | it is no whole number | 1024",
                "evio.limits.max-connections-per-address  | -1         | "
                        + "max-connections-per-address must not be negative, but was -1 | 100",
                "evio.limits.accept-rate                  | fast       | it is no whole number | 1024",
                "evio.servers.echo.limits.accept-rate     | -1         | "
                        + "accept-rate must not be negative, but was -1 | 1000",
                "evio.proxy-protocol.timeout              | soon       | " + NO_DURATION,
                "evio.proxy-protocol.timeout              | 0s         | "
                        + "timeout must be at least 1 ms, but was PT0S | 5s",
                "evio.proxy-protocol.max-length           | long       | " + NO_SIZE,
                "evio.servers.echo.proxy-protocol.max-length | 1MB     | "
                        + "max-length must be from 232 to 65551 bytes, but was 1048576 | 4KB",
                "evio.proxy-protocol.trusted-proxies      | 10.0.0.0/99 | "
                        + "The network '10.0.0.0/99' is malformed: a prefix behind the slash is a number from 0 to 32"
                        + NO_NETWORK,
                "evio.access.allow                        | localhost  | "
                        + "The network 'localhost' is malformed: 'localhost' is no IP address, and names are not"
                        + " looked up"
                        + NO_NETWORK,
                "evio.access.deny                         | fe80::1%lo | "
                        + "The network 'fe80::1%lo' is malformed: a network has no scope" + NO_NETWORK,
                "evio.limits.max-pending-input            | -          | " + NO_SIZE,
                "evio.limits.max-pending-output           | 64 apples  | " + NO_SIZE,
                "evio.loops                               | two        | it is no whole number | 1024",
                "evio.busy-poll                           | x          | " + NO_DURATION,
                "evio.limits.max-pending-total            | all        | " + NO_SIZE,
                "evio.metrics.enabled                     | perhaps    | it is neither true nor false | true",
                "evio.on-exit                             | explode    | "
                        + "it is none of nothing, break-liveness, close-context | nothing",
                "evio.phase                               | last       | it is no whole number | 1024",
                "evio.shutdown.grace-period               | 1 moment   | " + NO_DURATION,
                "evio.shutdown.delay                      | 1 moment   | " + NO_DURATION,
                "evio.shutdown.delay                      | -1s        | it must not be negative | 10s",
                "evio.tcp.keep-alive.enabled              | 5s         | it is neither true nor false | true",
                "evio.tcp.keep-alive.idle                 | long       | " + NO_DURATION,
                "evio.tcp.keep-alive.idle                 | 1500ms     | "
                        + "A keep-alive's idle must be from 1 to 32767 whole seconds, but was PT1.5S | 60s",
                "evio.tcp.keep-alive.interval             | 0s         | "
                        + "A keep-alive's interval must be from 1 to 32767 whole seconds, but was PT0S | 10s",
                "evio.tcp.keep-alive.count                | 128        | "
                        + "A keep-alive's count must be from 1 to 127, but was 128 | 3",
                "evio.servers.echo.tcp.keep-alive.count   | few        | it is no whole number | 1024",
                "evio.tcp.user-timeout                    | -1s        | "
                        + "user-timeout must be from 1 ms to 24 days, or zero for the system's, but was PT-1S | 30s",
                "evio.tcp.no-delay                        | perhaps    | it is neither true nor false | true",
                "evio.tcp.reuse-port                      | 80         | it is neither true nor false | true",
                "evio.test.random-addresses               | perhaps    | it is neither true nor false | true",
                "evio.servers.echo.backlog                | abc        | it is no whole number | 1024",
                "evio.servers.echo.limits.idle-timeout    | x          | " + NO_DURATION,
                "evio.servers.echo.tcp.no-delay           | perhaps    | it is neither true nor false | true",
                "evio.blocked-after                       | 0s         | it must be at least 10 ms | 2s",
                "evio.poller                              | select     | it is none of auto, epoll, kqueue, nio | auto",
                "evio.loops                               | 0          | There must be 1 to 1024 loops, but was 0 | 2",
                "evio.servers.echo.busy-poll              | 2s         | "
                        + "busy-poll must be from 0 to 1 s, but was PT2S | 50us",
                "evio.unix.permissions                    | 0660       | "
                        + "a mode is written as nine characters, rwx for the owner, for the group and for all"
                        + " others, with - for what is not allowed, and not as a number | rw-rw----",
                "evio.limits.idle-timeout                 | -1s        | "
                        + "idle-timeout must not be negative, but was PT-1S | 5m",
                "evio.limits.high-water-mark              | 2KB        | "
                        + "high-water-mark must not be below low-water-mark, but was 2048 | 1MB",
                "evio.servers.echo.limits.max-pending-input | 513MB    | "
                        + "max-pending-input must be at most 512 MiB, but was 537919488 | 16MB",
                "evio.addresses                           | http://x:1 | "
                        + "The address 'http://x:1' is malformed: 'http' is no known scheme." + FORMS,
                "evio.addresses                           | 5000 | "
                        + "The address '5000' is malformed: it is a port alone, which is written :5000 or"
                        + " tcp://:5000." + FORMS,
                "evio.addresses                           | /run/x.sock | "
                        + "The address '/run/x.sock' is malformed: it is a path, which is written"
                        + " unix:///run/x.sock." + FORMS,
                "evio.addresses                           | unix:/run/x.sock | "
                        + "The address 'unix:/run/x.sock' is malformed: two slashes are missing, as in"
                        + " unix:///run/x.sock." + FORMS,
                "evio.addresses                           | :5000 :5001 | "
                        + "The address ':5000 :5001' is malformed: these are 2 addresses: put a comma"
                        + " between them in a property, or make each an item of the list." + FORMS,
            })
    void aWrongValue(String property, String value, String reason, String example, CapturedOutput output) {
        assertReport(
                output,
                "The value '" + value + "' of " + property + " is wrong: " + reason + ".",
                "Set " + property + " to a value such as " + example + ".",
                "--" + property + "=" + value,
                property.equals("evio.addresses") ? "--unused" : "--evio.servers.echo.addresses=tcp://127.0.0.1:0");
        assertThat(output).contains("    Origin: \"" + property + "\" from property source \"commandLineArgs\"\n");
    }

    /** A wrong value in the form from before there were times is reported as what it means. */
    @Test
    void aWrongValueInTheShortFormOfKeepAlive(CapturedOutput output) {
        assertReport(
                output,
                "The value '5s' of evio.tcp.keep-alive.enabled is wrong: it is neither true nor false.",
                "Set evio.tcp.keep-alive.enabled to a value such as true.",
                "--evio.tcp.keep-alive=5s",
                "--evio.servers.echo.addresses=tcp://127.0.0.1:0");
        assertThat(output).contains("    Origin: \"evio.tcp.keep-alive\" from property source \"commandLineArgs\"\n");
    }

    /** Of several addresses it is the line of the one that cannot be had, however they are written. */
    @ParameterizedTest
    @ValueSource(strings = {"""
                evio:
                  servers:
                    echo:
                      addresses:
                        - tcp://127.0.0.1:0
                        - %s""", """
                evio:

                  servers.echo.backlog: 5
                  servers.echo:
                      addresses[0]: tcp://127.0.0.1:0
                      addresses[1]: %s""", """
                evio:
                  loops: 1
                  backlog: 5
                  servers:
                    echo:
                      addresses: tcp://127.0.0.1:0, %s""", """
                evio:
                  loops: 1
                  backlog: 5
                  limits:
                    max-connections: 5
                  addresses: [ "tcp://127.0.0.1:0", "%s" ]"""})
    void theLineOfAnAddressThatCannotBeHad(String yaml, CapturedOutput output) throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            for (String wrong : List.of("tcp://127.0.0.1:" + other.getLocalPort(), "http://127.0.0.1:80")) {
                String reported = output.getOut();
                assertFails(yaml.formatted(wrong));
                assertThat(output.getOut().substring(reported.length()))
                        .containsPattern(
                                "Description:\n\n.*" + wrong + ".*\n\n    Origin: .*application.yml] - 6:\\d+\n\n");
            }
        }
    }

    /** A list is of one source: the file has a second address, which is not used. */
    @Test
    void theOriginOfAnAddressThatGoesBeforeThatOfAFile(CapturedOutput output) throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertFails("""
                    evio:
                      servers:
                        echo:
                          addresses: [ "tcp://127.0.0.1:0", "tcp://127.0.0.1:0" ]
                    """, "--evio.servers.echo.addresses=tcp://127.0.0.1:0,tcp://127.0.0.1:" + other.getLocalPort());
        }
        assertThat(output)
                .contains("the address is in use (EADDRINUSE).\n\n    Origin: \"evio.servers.echo.addresses\" from"
                        + " property source \"commandLineArgs\"\n");
    }

    /** It was not set anywhere. */
    @Test
    void anAddressOfACustomizerHasNoOrigin(CapturedOutput output) throws IOException {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            String address = "tcp://127.0.0.1:" + other.getLocalPort();
            assertThatThrownBy(() -> new SpringApplicationBuilder(EchoApplication.class)
                            .web(WebApplicationType.NONE)
                            .initializers(context -> ((GenericApplicationContext) context)
                                    .registerBean(
                                            EvioServerBuilderCustomizer.class,
                                            () -> builder -> builder.addresses(address)))
                            .run("--evio.servers.echo.addresses=tcp://127.0.0.1:0")
                            .close())
                    .isNotNull();
        }
        assertThat(output)
                .contains("the address is in use (EADDRINUSE).\n\nAction:\n\n")
                .contains("Stop the other server or choose another port.\n")
                .doesNotContain("Origin:");
    }

    private void assertFails(String yaml, String... arguments) throws IOException {
        Path file = Files.writeString(folder.resolve("application.yml"), yaml);
        assertThatThrownBy(() -> new SpringApplicationBuilder(EchoApplication.class)
                        .web(WebApplicationType.NONE)
                        .properties("spring.config.location=file:" + file)
                        .run(arguments)
                        .close())
                .isNotNull();
    }

    /** Neither value is wrong by itself. */
    @ParameterizedTest
    @CsvSource({
        "evio.limits.max-pending-total, evio.loops",
        "evio.limits.max-pending-total, evio.servers.echo.loops",
        "evio.servers.echo.limits.max-pending-total, evio.loops"
    })
    void aTotalOfWhichTheLoopsHaveTooLittle(String total, String loops, CapturedOutput output) {
        assertReport(
                output,
                "The value '4MB' of " + total + " is wrong: max-pending-total must be at least 1 MiB for each of the 8"
                        + " loops, but was 4194304. Raise it to at least 8388608, or have fewer loops.",
                "Set " + total + " to a value such as 8MB.",
                "--evio.servers.echo.addresses=tcp://127.0.0.1:0",
                "--" + loops + "=8",
                "--" + total + "=4MB");
    }

    /** A server is named after its bean. */
    @Test
    void aWrongValueOfAServerWithUpperCaseLetters(CapturedOutput output) {
        SpringApplication application = new SpringApplication(CamelCaseApplication.class);
        application.setWebApplicationType(WebApplicationType.NONE);
        assertThatThrownBy(() -> application.run(
                        "--evio.servers.echoServer.addresses=tcp://127.0.0.1:0",
                        "--evio.servers.echoServer.limits.idle-timeout=-1s"))
                .isInstanceOf(RuntimeException.class);
        assertThat(output)
                .contains("Description:", "The value '-1s' of evio.servers.echoServer.limits.idle-timeout is wrong");
    }

    /** A new property needs a line above. */
    @Test
    void noPropertyIsLeftOut() throws Exception {
        // The short form of evio.tcp.keep-alive.enabled has a test of its own.
        Set<String> tested = new TreeSet<>(Set.of("evio.servers", "evio.tcp.keep-alive"));
        for (String line : getClass()
                .getDeclaredMethod(
                        "aWrongValue", String.class, String.class, String.class, String.class, CapturedOutput.class)
                .getAnnotation(CsvSource.class)
                .value()) {
            tested.add(line.substring(0, line.indexOf('|')).strip());
        }
        String metadata;
        try (InputStream in = getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
            metadata = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(Pattern.compile("\"name\": \"(evio\\.[a-z.-]+)\",\\s+\"type\": \""
                                + "(?!io\\.evio.*(Limits|Tcp|KeepAlive|Unix|Shutdown|Metrics)\")")
                        .matcher(metadata.substring(metadata.indexOf("\"properties\"")))
                        .results()
                        .map(match -> match.group(1))
                        // EvioTlsFailureAnalysisTests and EvioUpstreamFailureAnalysisTests have these.
                        .filter(name -> !name.startsWith("evio.ssl.") && !name.startsWith("evio.upstreams")))
                .hasSizeGreaterThanOrEqualTo(20)
                .isSubsetOf(tested);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    static class CamelCaseApplication {
        @Bean
        EvioHandler echoServer() {
            return new Clients.Echo();
        }
    }

    /** Run in this JVM and, through its main method, in others. */
    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration
    public static class EchoApplication {

        public static void main(String[] arguments) {
            SpringApplication application = new SpringApplication(EchoApplication.class);
            application.setWebApplicationType(WebApplicationType.NONE);
            application.run("--evio.addresses=tcp://127.0.0.1:0");
        }

        @Bean
        EvioHandler echo() {
            return new Clients.Echo();
        }
    }
}
