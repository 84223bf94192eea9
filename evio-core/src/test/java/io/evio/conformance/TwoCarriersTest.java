package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Address;
import io.evio.Connection;
import io.evio.DetachedConnection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.PollerType;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.Jdk;
import io.evio.testing.PatternBytes;
import io.evio.testing.ScramblingLayer;
import io.evio.testing.Transport;
import io.evio.testing.VirtualThreads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Detached connections on virtual threads that have two carriers and never get more. Each that waits leaves its carrier
 * to the others. In a JVM of its own, of JDK 21 or later.
 */
class TwoCarriersTest extends ConformanceTest {

    private static final int CONNECTIONS = 4;
    private static final int OTHERS = 100;

    /** More than all buffers between a channel and its client take. */
    private static final int FLOOD = 16 * PatternBytes.MAX_LENGTH;

    private static final List<String> TWO_CARRIERS = List.of(
            "-XX:ActiveProcessorCount=2",
            "-Djdk.virtualThreadScheduler.parallelism=2",
            "-Djdk.virtualThreadScheduler.maxPoolSize=2");

    private Process child;
    private PrintStream commands;
    private final BlockingQueue<String> answers = new LinkedBlockingQueue<>();

    @EveryTransport
    void whoWaitsInADetachedConnectionLeavesItsCarrierToOthers(Transport transport) throws Exception {
        Address address = startChild(transport.address(folder));
        List<Client> clients = new ArrayList<>();
        for (int i = 0; i < CONNECTIONS; i++) {
            clients.add(closeAfterwards(Client.connect(address, 4096)));
        }
        for (Client client : clients) {
            assertThat(client.read(6)).isEqualTo("ready\n");
        }
        awaitWaiting("read");
        assertOthersGoOn();
        for (Client client : clients) {
            client.send("hello\n");
        }
        for (Client client : clients) {
            assertThat(client.read(6)).isEqualTo("HELLO\n");
        }
        awaitWaiting("read");

        for (Client client : clients) {
            client.send("flood\n");
        }
        awaitWaiting("write");
        assertOthersGoOn();
        for (Client client : clients) {
            for (long read = 0; read < FLOOD; read += PatternBytes.MAX_LENGTH) {
                PatternBytes.check(read, PatternBytes.MAX_LENGTH, client.readBytes(PatternBytes.MAX_LENGTH));
            }
            client.send("still there\n");
            assertThat(client.read(12)).isEqualTo("STILL THERE\n");
            client.shutdownOutput();
            assertThat(client.readToEnd()).isEmpty();
        }
        assertThat(ask("open")).isEqualTo("0");
    }

    private void awaitWaiting(String call) {
        Eventually.isTrue("all wait in " + call, () -> ask(call).equals(String.valueOf(CONNECTIONS)));
    }

    private void assertOthersGoOn() throws InterruptedException {
        assertThat(ask("others")).isEqualTo(String.valueOf(OTHERS));
    }

    private Address startChild(String address) throws IOException, InterruptedException {
        List<String> command = Jdk.since(21).command(Child.class, TWO_CARRIERS, poller, address);
        child = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        closeAfterwards(() -> {
            child.destroyForcibly();
            assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
        });
        commands = new PrintStream(child.getOutputStream(), true, StandardCharsets.UTF_8);
        Thread reader = new Thread(() -> child.inputReader().lines().forEach(answers::add), "child-output");
        reader.setDaemon(true);
        reader.start();
        return Address.parse(answer());
    }

    private String ask(String command) throws InterruptedException {
        commands.println(command);
        return answer();
    }

    private String answer() throws InterruptedException {
        String answer = answers.poll(2 * Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (answer == null) {
            throw new AssertionError("The child does not answer");
        }
        return answer;
    }

    /** The child's side: it lives as long as its input is open. */
    static final class Child implements EvioHandler {

        private final List<Thread> threads = new CopyOnWriteArrayList<>();

        @Override
        public Action opened(Connection connection, Output out) {
            return Action.DETACH;
        }

        @Override
        public Action detached(Connection connection, DetachedConnection channel) {
            Thread thread = VirtualThreads.unstarted("channel-" + connection.id(), () -> converse(channel));
            threads.add(thread);
            thread.start();
            return Action.NONE;
        }

        private void converse(DetachedConnection channel) {
            try (channel;
                    BufferedReader lines = new BufferedReader(
                            new InputStreamReader(channel.inputStream(), StandardCharsets.US_ASCII))) {
                OutputStream out = channel.outputStream();
                out.write("ready\n".getBytes(StandardCharsets.US_ASCII));
                String line;
                while ((line = lines.readLine()) != null) {
                    if (line.equals("flood")) {
                        for (long written = 0; written < FLOOD; written += PatternBytes.MAX_LENGTH) {
                            channel.write(PatternBytes.at(written, PatternBytes.MAX_LENGTH));
                        }
                    } else {
                        out.write((line.toUpperCase(Locale.ROOT) + "\n").getBytes(StandardCharsets.US_ASCII));
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        /** Counts the channels' threads that are parked in the call. */
        private long waitingIn(String call) {
            return threads.stream()
                    .filter(thread -> VirtualThreads.isParkedIn(thread, "io.evio.DetachedConnection", call))
                    .count();
        }

        /** Counts the other virtual threads that come to their ends. */
        private static long others() throws InterruptedException {
            CountDownLatch ends = new CountDownLatch(OTHERS);
            for (int i = 0; i < OTHERS; i++) {
                VirtualThreads.unstarted("other-" + i, () -> {
                            Thread.yield();
                            ends.countDown();
                        })
                        .start();
            }
            ends.await(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            return OTHERS - ends.getCount();
        }

        private long open() throws InterruptedException {
            for (Thread thread : threads) {
                Eventually.ended(thread);
            }
            return threads.stream().filter(Thread::isAlive).count();
        }

        public static void main(String[] arguments) throws Exception {
            Child handler = new Child();
            EvioServer server = ScramblingLayer.over(EvioServer.builder())
                    .poller(PollerType.of(arguments[0]))
                    .handler(handler)
                    .addresses(arguments[1])
                    .build();
            server.start();
            System.out.println(server.addresses().get(0));
            BufferedReader commands = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            String command;
            while ((command = commands.readLine()) != null) {
                System.out.println(
                        switch (command) {
                            case "others" -> others();
                            case "open" -> handler.open();
                            default -> handler.waitingIn(command);
                        });
            }
            server.stop(Duration.ZERO);
        }
    }
}
