package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.evio.Action;
import io.evio.Address;
import io.evio.EvioBindException;
import io.evio.EvioServer;
import io.evio.PollerType;
import io.evio.ProxyHeaders;
import io.evio.Target;
import io.evio.internal.poll.Poller;
import io.evio.internal.poll.Pollers;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.TcpOptions;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.Programs;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Listening sockets that another program has made, and that outlive this one. */
class HandedOverTest extends ConformanceTest {

    private static final ListenOptions OPTIONS = new ListenOptions(16, false, false, TcpOptions.DEFAULTS, -1);

    private final TestHandler handler = TestHandler.echo();

    /** A descriptor as a parent has left it. */
    private int listening(SocketAddress address) throws IOException {
        assumeFalse(isNio(), "Java cannot take a descriptor");
        Poller theirs = theirPoller();
        int fd = theirs.sockets().listen(address, OPTIONS);
        closeAfterwards(() -> theirs.sockets().close(fd));
        return fd;
    }

    private Poller theirPoller() throws IOException {
        Poller theirs = Pollers.open(poller);
        closeAfterwards(theirs::close);
        return theirs;
    }

    private static InetSocketAddress anyPort() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    }

    private static void requireEcho(Client client) throws IOException {
        client.send("ping");
        assertThat(client.read(4)).isEqualTo("ping");
    }

    private static boolean isCloseOnExec(Path descriptor) throws IOException {
        String flags = Files.readAllLines(
                        Path.of("/proc/self/fdinfo", descriptor.getFileName().toString()))
                .stream()
                .filter(line -> line.startsWith("flags:"))
                .findFirst()
                .orElseThrow();
        return (Long.parseLong(flags.substring(6).strip(), 8) & 02000000) != 0;
    }

    private Client connectTo(EvioServer server) throws IOException {
        return connect(
                Address.parse("tcp://127.0.0.1:" + server.addresses().get(0).port()));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void isServedAndStartedAgain(int loops) throws Exception {
        int fd = listening(anyPort());
        EvioServer server =
                stopAfterwards(builder(handler, "fd://" + fd).loops(loops).build());
        for (int i = 0; i < 3; i++) {
            server.start();
            assertThat(server.addresses().get(0)).hasToString("fd://" + fd);
            assertThat(server.addresses().get(0).port()).isPositive();
            requireEcho(connectTo(server));
            assertThat(server.stop(Duration.ofSeconds(5))).isTrue();
        }
    }

    /** Connections that come between two servers wait for the next one. */
    @Test
    void whatWaitsAtTheEndIsServedByTheNext() throws Exception {
        int fd = listening(anyPort());
        EvioServer server = start(handler, "fd://" + fd);
        int port = server.addresses().get(0).port();
        server.stop(Duration.ofSeconds(5));
        Client waiting = connect(Address.parse("tcp://127.0.0.1:" + port));
        waiting.send("ping");
        server.start();
        assertThat(waiting.read(4)).isEqualTo("ping");
    }

    @Test
    void unixSocketsAreServedAndTheirFilesStay() throws Exception {
        Path path = folder.resolve("h.sock");
        int fd = listening(UnixDomainSocketAddress.of(path));
        EvioServer server = start(handler, "fd://" + fd);
        requireEcho(connect(Address.parse("unix://" + path)));
        server.stop(Duration.ZERO);
        assertThat(path).exists();
    }

    @Test
    void isCloseOnExecAtOnce() throws Exception {
        int fd = listening(anyPort());
        start(handler, "fd://" + fd);
        Path target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd));
        List<Path> same = new ArrayList<>();
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path each : descriptors.toList()) {
                if (Files.isSymbolicLink(each) && Files.readSymbolicLink(each).equals(target)) {
                    same.add(each);
                }
            }
        }
        assertThat(same).as("theirs and ours").hasSize(2);
        for (Path each : same) {
            assertThat(isCloseOnExec(each)).as(each.toString()).isTrue();
        }
    }

    @Test
    @WithoutLayer("A connection begins with its header, which is read as it is")
    void headersMayBeExpected() throws Exception {
        int fd = listening(anyPort());
        EvioServer server = start(builder(handler, "proxy+fd://" + fd).proxyProtocol(ProxyHeaders.from("127.0.0.1")));
        Client client = connectTo(server);
        client.send("PROXY UNKNOWN\r\n");
        requireEcho(client);
    }

    private void assertRefused(String address, String reason) {
        assertThatThrownBy(() -> start(handler, address))
                .isInstanceOf(EvioBindException.class)
                .hasMessageStartingWith("Cannot listen on " + address + ": " + reason);
    }

    @Test
    void wrongDescriptorsAreExplained() throws Exception {
        int fd = listening(anyPort());
        assertRefused(
                "fd://60001", "there is no such descriptor (EBADF). The program that starts this one has to hand");
        assertRefused("fd://0", "the descriptor is no socket (ENOTSOCK). The first one that systemd hands over is 3");
        Poller theirs = theirPoller();
        InetSocketAddress there = (InetSocketAddress) theirs.sockets().localAddress(fd);
        int connected = theirs.sockets().connect(there, null, OPTIONS);
        closeAfterwards(() -> theirs.sockets().close(connected));
        assertRefused("fd://" + connected, "the descriptor is a socket that cannot listen, because it is connected");
        assertRefused("systemd://echo", "systemd has handed over no sockets: LISTEN_FDS is not set.");
    }

    @Test
    void plainJavaCannotTakeThem() {
        assertThatThrownBy(() -> start(builder(handler, "fd://3").poller(PollerType.NIO)))
                .hasMessageContaining(
                        "fd://3: it is a descriptor that was handed over, which the poller nio cannot take")
                .hasMessageContaining("Use the poller epoll");
    }

    @Test
    void theSameOneTwiceIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder(handler, "fd://3", "fd://3"))
                .withMessageContaining("Address 2, fd://3, is the same as address 1, fd://3");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Target.of("systemd://echo"))
                .withMessageContaining("nothing can connect to");
    }

    /** Binds, and starts what it is told to with the socket as descriptor 3, as systemd does. */
    private static final String ACTIVATOR = """
            use strict; use Socket; use POSIX ();
            $^F = 10; $| = 1;
            socket(my $s, PF_INET, SOCK_STREAM, 0) or die "socket: $!";
            bind($s, sockaddr_in(0, INADDR_LOOPBACK)) or die "bind: $!";
            listen($s, 512) or die "listen: $!";
            POSIX::dup2(fileno($s), 3) unless fileno($s) == 3;
            print "port ", (sockaddr_in(getsockname($s)))[0], "\\n";
            while (my $line = <STDIN>) {
                if ($line =~ /^start/) {
                    my $pid = fork;
                    if (!$pid) {
                        open(STDIN, '<', '/dev/null');
                        $ENV{LISTEN_FDS} = 1; $ENV{LISTEN_FDNAMES} = 'echo'; $ENV{LISTEN_PID} = $$;
                        exec @ARGV or die "exec: $!";
                    }
                } elsif ($line =~ /^stop (\\d+)/) {
                    kill 'TERM', $1;
                    waitpid($1, 0);
                    print "stopped $1\\n";
                }
            }
            """;

    /** The service: says who it is to every connection, and ends it. */
    public static final class Service {

        private Service() {}

        public static void main(String[] args) throws IOException {
            byte[] greeting = ("I am " + ProcessHandle.current().pid() + "\n").getBytes(StandardCharsets.US_ASCII);
            EvioServer server = EvioServer.builder()
                    .poller(PollerType.of(args[0]))
                    .handler(new TestHandler().withoutLog().onOpened((connection, out) -> {
                        out.write(greeting);
                        return Action.CLOSE;
                    }))
                    .addresses("systemd://echo")
                    .build();
            Runtime.getRuntime().addShutdownHook(new Thread(() -> server.stop(Duration.ofSeconds(10))));
            server.start();
            System.out.println("ready " + ProcessHandle.current().pid());
        }
    }

    /** A parent that starts and stops services over one socket. */
    private final class Activator implements AutoCloseable {

        private final Process process;
        private final BufferedReader answers;
        private final PrintStream commands;
        private final Queue<Long> running = new ConcurrentLinkedQueue<>();
        private final int port;

        Activator() throws IOException {
            List<String> command = new ArrayList<>(List.of("perl", "-e", ACTIVATOR));
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
            String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
            command.addAll(List.of("-cp", classPath, Service.class.getName(), poller));
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            answers = process.inputReader(StandardCharsets.UTF_8);
            commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
            port = (int) answer("port ");
        }

        private long answer(String beginning) throws IOException {
            StringBuilder others = new StringBuilder();
            for (String line = answers.readLine(); line != null; line = answers.readLine()) {
                if (line.startsWith(beginning)) {
                    return Long.parseLong(line.substring(beginning.length()));
                }
                others.append(line).append('\n');
            }
            throw new AssertionError("No answer: " + others);
        }

        void startOne() throws IOException {
            commands.println("start");
            running.add(answer("ready "));
        }

        void stopOldest() throws IOException {
            long pid = running.remove();
            commands.println("stop " + pid);
            assertThat(answer("stopped ")).isEqualTo(pid);
        }

        @Override
        public void close() {
            running.forEach(pid -> ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly));
            commands.close();
            process.destroyForcibly().onExit().join();
        }
    }

    /** Restarts, with the next service before the last one ends and after it: every client gets its answer. */
    @Test
    void aRestartUnderLoadLosesNoConnection() throws Exception {
        assumeFalse(isNio(), "Java cannot take a descriptor");
        Programs.require("perl", "perl-base");
        Activator activator = closeAfterwards(new Activator());
        activator.startOne();
        AtomicBoolean over = new AtomicBoolean();
        Queue<Object> wrong = new ConcurrentLinkedQueue<>();
        Set<String> answered = ConcurrentHashMap.newKeySet();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Thread client = new Thread(() -> {
                while (!over.get()) {
                    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), activator.port)) {
                        socket.setSoTimeout(30_000);
                        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                        if (answer.matches("I am \\d+\n")) {
                            answered.add(answer);
                        } else {
                            wrong.add("'" + answer + "'");
                        }
                    } catch (IOException e) {
                        wrong.add(e);
                    }
                }
            });
            client.start();
            clients.add(client);
        }
        activator.startOne();
        activator.stopOldest();
        activator.stopOldest();
        activator.startOne();
        activator.startOne();
        activator.stopOldest();
        Eventually.isTrue("each has answered", () -> answered.size() >= 3);
        over.set(true);
        for (Thread client : clients) {
            client.join();
        }
        assertThat(wrong).isEmpty();
    }
}
