package io.evio.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Address;
import io.evio.EvioServer;
import io.evio.FaultyServers;
import io.evio.internal.sys.Memory;
import io.evio.testing.Client;
import io.evio.testing.Crowd;
import io.evio.testing.Descriptors;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A crowd of clients, while calls fail at random and every other read and write moves one byte. Who survives has every
 * byte in order; who does not has one end, with its cause; and nothing is left behind. {@code -Dfaults.seed=7} runs one
 * seed.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "these are Linux's calls")
class RandomFaultsTest {

    private static final int CLIENTS = 16;
    private static final int ROUNDS = 40;
    private static final double FAILING = 0.003;

    /** Those that end the loop, see docs/faults.md; they would end the test. */
    private static final Map<Call, Set<String>> FATAL = Map.of(
            Call.ACCEPT4, Set.of("EBADF", "EFAULT", "EINVAL", "ENOTSOCK"),
            Call.EPOLL_WAIT, Set.of("EBADF", "EFAULT", "EINVAL"),
            Call.EVENTFD_READ, Set.of("EBADF", "EFAULT", "EINVAL", "EIO"));

    private static final Set<String> SHORTAGES = Set.of("EMFILE", "ENFILE", "ENOBUFS", "ENOMEM");

    private final AtomicInteger lost = new AtomicInteger();
    private final AtomicInteger survived = new AtomicInteger();

    static LongStream seeds() {
        Long given = Long.getLong("faults.seed");
        return given != null ? LongStream.of(given) : LongStream.of(1, 2, 3, 4, System.nanoTime());
    }

    /** The JDK keeps a socket of its own from the first one that is closed on. */
    @BeforeAll
    static void openTheJdksDescriptors() throws IOException {
        try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Client client = Client.connect(Address.parse("127.0.0.1:" + listener.getLocalPort()))) {
            client.hasInput(Duration.ofMillis(1));
        }
    }

    /** Fails one call in some hundreds, each with any of its errors. */
    private static final class RandomPlan implements FaultyLibc.Plan {
        private final Random random;
        private final Map<Call, int[]> errnos = new EnumMap<>(Call.class);

        RandomPlan(long seed) {
            random = new Random(seed);
            for (Call call : Call.values()) {
                errnos.put(
                        call,
                        call.errnos.stream()
                                .filter(errno ->
                                        !FATAL.getOrDefault(call, Set.of()).contains(errno))
                                .filter(errno -> isPlanned(call, errno, seed))
                                .mapToInt(errno -> jnr.constants.platform.Errno.valueOf(errno)
                                        .intValue())
                                .toArray());
            }
        }

        /**
         * A pause that cannot be told to the poller is the loop's end, so there is either the one failure or the other.
         */
        private static boolean isPlanned(Call call, String errno, long seed) {
            return seed % 2 == 0 ? call != Call.EPOLL_CTL_MOD : call != Call.ACCEPT4 || !SHORTAGES.contains(errno);
        }

        @Override
        public synchronized int errno(Call call, int nth) {
            int[] possible = errnos.get(call);
            return possible.length == 0 || random.nextDouble() >= FAILING
                    ? 0
                    : possible[random.nextInt(possible.length)];
        }

        @Override
        public synchronized long limit(Call call, long count) {
            return random.nextBoolean() ? 1 : count;
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void survivorsHaveEveryByteAndTheOthersTheirCause(long seed) throws Exception {
        System.out.println("RandomFaultsTest: -Dfaults.seed=" + seed);
        long memory = Memory.allocatedBytes();
        int descriptors = Descriptors.countOfServers();
        FaultyLibc libc = new FaultyLibc();
        LineHandler handler = new LineHandler();
        AtomicReference<@Nullable Throwable> cause = new AtomicReference<>();
        EvioServer server = FaultyServers.over(libc.library())
                .handler(handler)
                .addresses("tcp4://:0")
                .onStopped(cause::set)
                .build();
        LogCapture log = new LogCapture();
        try (log) {
            server.start();
            Address address = server.addresses().get(0);
            libc.set(new RandomPlan(seed));
            Crowd.start(CLIENTS, i -> visitAgainAndAgain(address, new Random(seed * CLIENTS + i)))
                    .join();
            libc.set(FaultyLibc.Plan.NONE);
            assertServesOn(server);
            assertThat(server.stop(Duration.ofSeconds(5))).isTrue();
            assertThat(cause.get()).isNull();
        } finally {
            server.stop(Duration.ZERO);
            handler.close();
        }
        assertEveryEndIsTold(server, handler);
        assertThat(survived.get()).as("connections that lived").isPositive();
        assertThat(lost.get()).as("connections that were lost").isPositive();
        assertThat(Memory.allocatedBytes()).isEqualTo(memory);
        Eventually.holds(() -> assertThat(Descriptors.countOfServers()).isEqualTo(descriptors));
    }

    /** A client that connects anew when it is lost, or has had enough. */
    private void visitAgainAndAgain(Address address, Random random) throws Exception {
        int round = 0;
        while (round < ROUNDS) {
            try (Peer peer = Peer.connect(address)) {
                peer.greeted();
                for (int i = 0; i < 10 && round < ROUNDS; i++) {
                    round++;
                    converse(peer, random);
                }
                end(peer, random);
                survived.incrementAndGet();
            } catch (Peer.Lost e) {
                round++;
                lost.incrementAndGet();
            }
        }
    }

    private static void converse(Peer peer, Random random) throws IOException, Peer.Lost {
        switch (random.nextInt(12)) {
            case 0 -> peer.say("b\n").expectBig();
            case 1 -> peer.say("w\nebehind it\n").expect("worked\nbehind it\n");
            default -> {
                String line = "x".repeat(random.nextInt(200)) + random.nextInt() + "\n";
                peer.say("e" + line).expect(line);
            }
        }
    }

    private static void end(Peer peer, Random random) throws IOException, Peer.Lost {
        switch (random.nextInt(4)) {
            case 0 -> peer.say("c\n").expect("bye\n").expectEnd();
            case 1 -> peer.say("d\n").expect("detaching\n").expect("own\n").expectEnd();
            case 2 -> talkDetached(peer);
            default -> {}
        }
    }

    private static void talkDetached(Peer peer) throws IOException, Peer.Lost {
        peer.say("D\n").expect("detaching\n").expect("own\n");
        peer.say("go on\n").expectBig().shutdownOutput().expectEnd();
    }

    private static void assertServesOn(EvioServer server) throws Exception {
        Eventually.isTrue("all have left", () -> server.stats().connectionsActive() == 0);
        long iterations = server.stats().loopIterations();
        try (Peer peer = Peer.connect(server.addresses().get(0))) {
            peer.greeted().say("eall well\n").expect("all well\n");
        }
        assertThat(server.stats().loopIterations() - iterations).as("turns").isLessThan(50);
    }

    private void assertEveryEndIsTold(EvioServer server, LineHandler handler) {
        List<Long> ends = new ArrayList<>();
        handler.ends().forEach(end -> ends.add(end.id()));
        assertThat(ends).containsExactlyInAnyOrderElementsOf(handler.opened());
        long failed = handler.ends().stream().filter(end -> end.error() != null).count();
        long refused = server.stats().acceptErrors();
        assertThat((long) lost.get())
                .as(
                        "lost clients, of %s failed, %s refused and %s channels",
                        failed, refused, handler.channelFailures())
                .isLessThanOrEqualTo(
                        failed + refused + handler.channelFailures().size());
        // A client that has all it wants, and leaves, may not notice that its connection fails afterwards.
        assertThat(failed).isLessThanOrEqualTo(lost.get() + survived.get());
        assertThat(server.stats().prewriteAttempts()).isEqualTo(server.stats().postwriteAttempts());
        assertThat(server.stats().writePending()).isZero();
    }
}
