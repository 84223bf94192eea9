package io.evio.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.Programs;
import io.evio.sample.testing.SampleJar;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The runnable jar over a kernel whose calls fail: strace(1) makes one call of a loop's thread, and of that thread
 * alone, fail with an errno. What it comes to is what evio-core's docs/faults.md says.
 */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@DisabledIfSystemProperty(
        named = "evio.poller",
        matches = "kqueue|nio",
        disabledReason = "the calls that fail are those of epoll: nio makes others, such as accept(2) for accept4(2)")
@Timeout(120)
class FaultyJarIT {

    private static final List<String> UNNOTICED = List.of(
            "accept4:error=EINTR",
            "accept4:error=EAGAIN",
            "accept4:error=ECONNABORTED",
            "accept4:error=EPERM",
            "accept4:error=EMFILE",
            "accept4:error=ENOMEM",
            "epoll_wait:error=EINTR",
            "recvfrom:error=EINTR",
            "recvfrom:error=EAGAIN",
            "sendto:error=EINTR",
            "sendto:error=EAGAIN",
            "close:error=EIO");

    private static final List<String> FATAL_TO_ONE = List.of(
            "epoll_ctl:error=ENOSPC",
            "epoll_ctl:error=ENOMEM",
            "recvfrom:error=ECONNRESET",
            "recvfrom:error=EIO",
            "recvfrom:error=EBADF",
            "sendto:error=EPIPE",
            "sendto:error=ENOBUFS",
            "sendto:error=ECONNRESET");

    /** Far more than all buffers between a client and its echo take. */
    private static final long MUCH = 128 * 1024 * 1024;

    @TempDir
    private Path folder;

    private final List<Process> traces = new ArrayList<>();
    private SampleJar app;
    private int echo;
    private int redis;

    @AfterEach
    void kill() {
        traces.forEach(Process::destroyForcibly);
        if (app != null) {
            app.close();
        }
    }

    @Test
    void failingCallCostsOneConnectionAtTheMostAndTheLoopOnlyWhereItCannotDoWithout() throws Exception {
        app = SampleJar.start(folder, "-Dio.evio.memory.debug=true");
        echo = app.port("echo");
        redis = app.port("redis");
        try (Socket bystander = connect(echo)) {
            assertEchoes(bystander);
            for (String fault : UNNOTICED) {
                everybodyIsServed(fault);
                assertEchoes(bystander);
            }
            for (String fault : FATAL_TO_ONE) {
                oneConnectionEnds(fault);
                assertEchoes(bystander);
            }
            oneConnectionEndsWhileItsOutputIsPending();
            assertEchoes(bystander);
            acceptsThatAllFailAreNoSpin(bystander);
            shutdownThatFailsIsNoHarm();
            loopWhoseWaitFailsEndsWithTheCauseAndTheOthersGoOn(bystander);
        }
        stop();
    }

    private void everybodyIsServed(String fault) throws Exception {
        Process trace = inject("evio-echo", fault + ":when=1");
        try (Socket client = connect(echo)) {
            assertEchoes(client);
        }
        detach(trace, fault);
    }

    private void oneConnectionEnds(String fault) throws Exception {
        Process trace = inject("evio-echo", fault + ":when=1");
        try (Socket client = connect(echo)) {
            assertThat(endsBeforeAnEcho(client)).as(fault).isTrue();
        }
        detach(trace, fault);
        try (Socket next = connect(echo)) {
            assertEchoes(next);
        }
    }

    private void oneConnectionEndsWhileItsOutputIsPending() throws Exception {
        Process trace = inject("evio-echo", "writev:error=ECONNRESET:when=1");
        try (Socket client = connect(echo)) {
            assertThat(isCutOffWhileItDoesNotRead(client)).isTrue();
        }
        detach(trace, "writev");
    }

    /**
     * As a firewall or a security module may do: whoever waits is served once it ends, and nobody burns a processor
     * meanwhile.
     */
    private void acceptsThatAllFailAreNoSpin(Socket bystander) throws Exception {
        Process trace = inject("evio-echo", "accept4:error=EPERM");
        try (Socket waiting = connect(echo)) {
            await("accepts fail").until(() -> injected() > 17);
            long before = cpuTicks("evio-echo");
            assertEchoes(bystander);
            // The time is what is measured over, not what is waited for.
            Thread.sleep(1000);
            assertThat(cpuTicks("evio-echo") - before)
                    .as("hundredths of a second, of which a spin takes all, and strace some")
                    .isLessThan(70);
            assertThat(injected()).isLessThan(100);
            detach(trace, "accept4");
            assertEchoes(waiting);
        }
    }

    private void shutdownThatFailsIsNoHarm() throws Exception {
        Process trace = inject("evio-redis", "shutdown:error=ENOTCONN:when=1");
        try (Socket client = connect(redis)) {
            client.getOutputStream().write("QUIT\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(client.getInputStream().readAllBytes()).isEqualTo("+OK\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        detach(trace, "shutdown");
    }

    /** The loop says why, its clients are told, and the other servers go on. */
    private void loopWhoseWaitFailsEndsWithTheCauseAndTheOthersGoOn(Socket client) throws Exception {
        Process trace = inject("evio-echo", "epoll_wait:error=EBADF:when=1");
        client.getOutputStream().write('x');
        // The wait that is under way ends with the byte, which is echoed; the next one fails.
        assertThat(client.getInputStream().readAllBytes()).hasSizeLessThanOrEqualTo(1);
        await().until(() -> app.out().contains("Evio 'echo' has ended: its loop failed"));
        assertThat(app.out()).contains("epoll_wait: EBADF");
        trace.destroy();
        assertThat(folder.resolve("echo.sock")).doesNotExist();
        try (Socket other = connect(redis)) {
            other.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(other.getInputStream().readNBytes(7)).isEqualTo("+PONG\r\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    /** Without a web server in it the application makes no such calls but those of its evio servers. */
    @ParameterizedTest
    @CsvSource({"bind, EACCES", "listen, EADDRINUSE", "eventfd2, EMFILE"})
    void startThatFailsSaysWhyAndNothingStaysUp(String call, String errno) throws Exception {
        String strace = Programs.required("strace", "strace");
        app = SampleJar.startUnder(
                List.of(
                        strace,
                        "-f",
                        "--seccomp-bpf",
                        "-o",
                        "/dev/null",
                        "-e",
                        "trace=" + call,
                        "-e",
                        "inject=" + call + ":error=" + errno + ":when=1"),
                folder,
                "--spring.main.web-application-type=none");
        assertThat(app.exitStatus()).as(app.out()).isEqualTo(1);
        assertThat(app.out()).contains(errno).doesNotContain(" started on ");
        assertThat(folder.resolve("echo.sock")).doesNotExist();
    }

    /** SIGTERM, after which nothing was found that the debug mode of native memory looks for. */
    private void stop() throws Exception {
        app.stop();
        assertThat(app.out() + app.err()).contains("Evio 'http' stopped").doesNotContain("never freed", "was written");
    }

    /** Makes a call of the thread fail from here on; traces nothing else. */
    private Process inject(String thread, String fault) throws IOException {
        String call = fault.substring(0, fault.indexOf(':'));
        Process strace = new ProcessBuilder(
                        Programs.required("strace", "strace"),
                        "-p",
                        Long.toString(task(thread)),
                        "-o",
                        folder.resolve("trace").toString(),
                        "-e",
                        "trace=" + call,
                        "-e",
                        "inject=" + fault)
                .redirectErrorStream(true)
                .start();
        traces.add(strace);
        BufferedReader says = strace.inputReader(StandardCharsets.UTF_8);
        assertThat(says.readLine())
                .as("strace, which has to be allowed to trace")
                .endsWith("attached");
        return strace;
    }

    /** Ends the trace, in which the call must have failed. */
    private void detach(Process strace, String fault) throws Exception {
        await(fault).until(() -> injected() > 0);
        strace.destroy();
        assertThat(strace.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }

    /** Returns how many calls the current trace has made fail. */
    private long injected() throws IOException {
        try (Stream<String> lines = Files.lines(folder.resolve("trace"))) {
            return lines.filter(line -> line.endsWith("(INJECTED)")).count();
        }
    }

    /** The kernel's number of a thread, which has the first 15 characters of its name. */
    private long task(String thread) throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc", Long.toString(app.pid()), "task"))) {
            for (Path task : tasks.toList()) {
                if (Files.readString(task.resolve("comm")).strip().equals(thread)) {
                    return Long.parseLong(task.getFileName().toString());
                }
            }
        }
        throw new IllegalStateException("There is no thread " + thread);
    }

    /** See proc_pid_stat(5): user and system time, behind the name in its brackets. */
    private long cpuTicks(String thread) throws IOException {
        String stat = Files.readString(
                Path.of("/proc", Long.toString(app.pid()), "task", Long.toString(task(thread)), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
    }

    private static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(15_000);
        return socket;
    }

    private static void assertEchoes(Socket client) throws IOException {
        byte[] message = "every byte, in its order".getBytes(StandardCharsets.US_ASCII);
        client.getOutputStream().write(message);
        assertThat(client.getInputStream().readNBytes(message.length)).isEqualTo(message);
    }

    private static boolean endsBeforeAnEcho(Socket client) throws IOException {
        try {
            client.getOutputStream().write(1);
            return client.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }

    /**
     * Sends until the echo fits no buffer any more, and is pending; the next attempt to send it is made when the client
     * reads.
     */
    private static boolean isCutOffWhileItDoesNotRead(Socket client) throws Exception {
        AtomicLong sent = new AtomicLong();
        Thread sender = new Thread(() -> sendWhatFits(client, sent));
        sender.start();
        long before;
        do {
            before = sent.get();
            Thread.sleep(300);
        } while (sent.get() > before || sent.get() == 0);
        long received = 0;
        try {
            byte[] buffer = new byte[64 * 1024];
            for (int n = 0; n >= 0; n = client.getInputStream().read(buffer)) {
                received += n;
            }
        } catch (SocketException e) {
            // Reset, because the server has ended the connection with input unread.
        }
        sender.join(10_000);
        return !sender.isAlive() && received < MUCH;
    }

    private static void sendWhatFits(Socket client, AtomicLong sent) {
        byte[] piece = new byte[64 * 1024];
        try {
            while (sent.get() < MUCH) {
                client.getOutputStream().write(piece);
                sent.addAndGet(piece.length);
            }
            client.shutdownOutput();
        } catch (IOException e) {
            // The end that is waited for.
        }
    }
}
