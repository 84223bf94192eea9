package io.evio.testing;

import io.evio.Action;
import io.evio.Address;
import io.evio.EvioServer;
import io.evio.EvioStats;
import io.evio.Limits;
import io.evio.PollerType;
import io.evio.Target;
import io.evio.Tick;
import io.evio.internal.sys.Memory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/**
 * A server in a JVM of its own, where the whole process is to have less of something. It echoes, keeps all it gets, or
 * relays to {@code -Dchild.target}, and ticks every {@value #TICK_MILLIS} ms if it is started with
 * {@code -Dchild.ticks}; {@code -Dchild.idle=500} is its idle timeout in milliseconds, {@code -Dchild.address} what it
 * listens on.
 */
public final class ChildServer implements AutoCloseable {

    /** In front of the lines that answer a command; the others are logs. */
    private static final String ANSWER = "= ";

    /** In the place of an answer once there is no child any more. */
    private static final String END = "end";

    private static final String HEAP = "heap";

    private static final int TICK_MILLIS = 20;

    private final Process process;
    private final PrintStream commands;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();
    private final List<String> logs = new CopyOnWriteArrayList<>();
    private final Address address;

    private ChildServer(Process process) throws InterruptedException {
        this.process = process;
        this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread reader = new Thread(this::readOutput, "child-output");
        reader.setDaemon(true);
        reader.start();
        this.address = Address.parse(answer());
    }

    /**
     * Starts one.
     *
     * @param prefix what the JVM is started by, such as {@code prlimit}; may be empty
     * @param options options of the JVM
     * @param mode {@code echo}, {@code keep}, which leaves all input unread, or {@code relay}
     */
    public static ChildServer start(List<String> prefix, List<String> options, String poller, String mode)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
        if (Runtime.version().feature() >= 24) {
            command.addAll(List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
        }
        command.addAll(ScramblingLayer.options());
        command.addAll(options);
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        command.addAll(List.of("-cp", classPath, ChildServer.class.getName(), poller, mode));
        return new ChildServer(
                new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    /** Returns where it listens. */
    public Address address() {
        return address;
    }

    /** Returns what it has logged so far. */
    public List<String> logs() {
        return List.copyOf(logs);
    }

    /** Its counters now, and {@code cpuNanos} of its loop thread. */
    public Map<String, Long> stats() throws InterruptedException {
        commands.println("stats");
        return Arrays.stream(answer().split(" "))
                .map(pair -> pair.split("="))
                .collect(Collectors.toMap(pair -> pair[0], pair -> Long.valueOf(pair[1])));
    }

    /** The bytes of its heap that are in use after a collection: by its collector, those of live objects. */
    public long liveHeap() throws InterruptedException {
        commands.println(HEAP);
        return Long.parseLong(answer());
    }

    private String answer() throws InterruptedException {
        String answer = answers.poll(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (answer == null || answer.equals(END)) {
            throw new AssertionError("The child does not answer; it has said " + logs);
        }
        return answer;
    }

    private void readOutput() {
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            String line;
            while ((line = lines.readLine()) != null) {
                if (line.startsWith(ANSWER)) {
                    answers.add(line.substring(ANSWER.length()));
                } else {
                    logs.add(line);
                }
            }
        } catch (IOException e) {
            logs.add("its output cannot be read any more: " + e);
        }
        answers.add(END);
    }

    @Override
    public void close() {
        commands.close();
        process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
        process.destroyForcibly();
    }

    /** The child's side: it lives as long as its input is open. */
    public static void main(String[] args) throws IOException {
        TestHandler handler = handler(args[1]);
        if (System.getProperty("child.ticks") != null) {
            handler.onTick(() -> Tick.after(Duration.ofMillis(TICK_MILLIS)));
        }
        Limits limits = Limits.DEFAULTS
                .withMaxPendingInput(512 * 1024 * 1024)
                .withIdleTimeout(Duration.ofMillis(Long.getLong("child.idle", 0)));
        EvioServer server = ScramblingLayer.over(EvioServer.builder())
                .poller(PollerType.of(args[0]))
                .name("child")
                .handler(handler.withoutLog())
                .addresses(System.getProperty("child.address", "tcp://127.0.0.1:0"))
                .limits(limits)
                .build();
        server.start();
        LoopThread loop = LoopThread.of(server);
        // Everything is loaded before a shortage can hinder that.
        describe(server.stats(), loop);
        PrintStream out = System.out;
        out.println(ANSWER + server.addresses().get(0));
        BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        String command;
        while ((command = commands.readLine()) != null) {
            out.println(ANSWER + (command.equals(HEAP) ? collectedHeap() : describe(server.stats(), loop)));
        }
        server.stop(Duration.ZERO);
    }

    private static TestHandler handler(String mode) {
        return switch (mode) {
            case "echo" -> TestHandler.echo();
            case "keep" -> new TestHandler().onData((connection, in, out) -> Action.NONE);
            case "relay" -> {
                Target target = Target.of(System.getProperty("child.target"));
                TestHandler upstream = new TestHandler().withoutLog();
                yield new TestHandler().onOpened((connection, out) -> {
                    connection.relay(connection.connect(target, upstream));
                    return Action.NONE;
                });
            }
            default -> throw new IllegalArgumentException(mode);
        };
    }

    private static String collectedHeap() {
        System.gc();
        return String.valueOf(
                ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
    }

    private static String describe(EvioStats stats, LoopThread loop) {
        return "active=" + stats.connectionsActive() + " opened=" + stats.connectionsOpened() + " closed="
                + stats.connectionsClosed() + " outbound=" + stats.outboundActive() + " acceptErrors="
                + stats.acceptErrors() + " received="
                + stats.dataReceived() + " iterations=" + stats.loopIterations() + " cpuNanos=" + loop.cpuNanos()
                + " ticks=" + stats.ticks()
                + " native=" + Memory.allocatedBytes()
                + " wallMillis=" + System.currentTimeMillis();
    }
}
