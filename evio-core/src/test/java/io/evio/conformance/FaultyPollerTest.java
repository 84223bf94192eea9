package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Address;
import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventLoop;
import io.evio.internal.loop.LoopGroup;
import io.evio.internal.net.Acceptor;
import io.evio.internal.poll.Pollers;
import io.evio.internal.stream.Handover;
import io.evio.internal.stream.Stream;
import io.evio.internal.stream.StreamConfig;
import io.evio.internal.stream.StreamEvents;
import io.evio.internal.stream.Streams;
import io.evio.internal.stream.Verdict;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.TcpOptions;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.FaultyPoller;
import io.evio.testing.LogCapture;
import io.evio.testing.ScramblingLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The loop over a poller that fails and errs: what real ones do so rarely that no test could wait for it. */
class FaultyPollerTest extends ConformanceTest {

    private static final int LARGE = 8 * 1024 * 1024;

    private final Counters counters = new Counters();
    private final List<String> events = new CopyOnWriteArrayList<>();
    private FaultyPoller faulty;
    private Crowd running;
    private volatile Address address;
    private volatile EventLoop loop;
    private LogCapture log;

    /** Echoes; sends 8 MiB for "b", and detaches on "d". */
    private final StreamEvents handler = new StreamEvents() {
        @Override
        public Verdict serving() {
            return Verdict.NONE;
        }

        @Override
        public NextTick tick() {
            return new NextTick(Long.MAX_VALUE, Verdict.NONE);
        }

        @Override
        public Verdict opened(Stream connection) {
            events.add("opened " + connection.id());
            return Verdict.NONE;
        }

        @Override
        public Verdict data(Stream connection, ByteBuffer in) {
            byte what = in.get(in.position());
            if (what == 'b') {
                in.position(in.limit());
                connection.output().append(new byte[LARGE], 0, LARGE);
            } else {
                connection.output().append(in);
            }
            return what == 'd' ? Verdict.DETACH : Verdict.NONE;
        }

        @Override
        public Verdict prewrite(Stream connection, int amount) {
            return Verdict.NONE;
        }

        @Override
        public Verdict postwrite(Stream connection, int amount, int remaining) {
            return Verdict.NONE;
        }

        @Override
        public Verdict detached(Stream connection, Handover handover) {
            events.add("detached " + connection.id());
            handover.sockets().close(handover.handle());
            return Verdict.NONE;
        }

        @Override
        public Verdict closed(Stream connection, @Nullable IOException error) {
            events.add("closed " + connection.id() + (error == null ? "" : " by " + error.getMessage()));
            return Verdict.NONE;
        }
    };

    @BeforeEach
    void run() throws IOException {
        log = new LogCapture();
        faulty = new FaultyPoller(Pollers.open(poller));
        StreamConfig config = new StreamConfig(
                "test", 1 << 20, 64 << 20, 1L << 30, 1 << 20, 1 << 18, TimeUnit.SECONDS.toNanos(10), 0, 0, 0);
        running = Crowd.one(i -> {
            Thread thread = Thread.currentThread();
            EventLoop made = new EventLoop(new LoopGroup("test", 1, 100, 100), counters, faulty, thread, 0, 0);
            Streams streams = new Streams(config, null, made, counters, thread, handler);
            streams.addAddress(ScramblingLayer.factory());
            InetSocketAddress bound = (InetSocketAddress) new Acceptor(made, counters, streams.log(), List.of(streams))
                    .listen(
                            0,
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                            new ListenOptions(100, false, false, TcpOptions.DEFAULTS, -1),
                            false);
            address = new Address("tcp", bound.getAddress().getHostAddress(), bound.getPort(), "");
            loop = made;
            made.run(streams, () -> {});
        });
        Eventually.isTrue("the loop", () -> loop != null);
    }

    @AfterEach
    void stop() throws Exception {
        loop.stop(0);
        running.join();
        log.close();
    }

    private void assertServes(Client client) throws IOException {
        client.send("hello");
        assertThat(client.read(5)).isEqualTo("hello");
    }

    /** P8, P11. */
    @Test
    void aConnectionThatCannotBeAddedIsClosedAlone() throws IOException {
        Client bystander = connect(address);
        assertServes(bystander);
        faulty.failNext(FaultyPoller.Call.ADD);
        Client unlucky = connect(address);
        assertThat(unlucky.isEnded()).isTrue();
        assertServes(bystander);
        assertServes(connect(address));
        assertThat(events).containsExactly("opened 1", "opened 2");
        assertThat(counters.acceptErrors.get()).isEqualTo(1);
        assertThat(log.lines()).hasSize(1);
    }

    /** The heap is as short as the kernel's memory may be. */
    @Test
    void aConnectionThatNoMemoryIsLeftForIsClosedAlone() throws IOException {
        Client bystander = connect(address);
        assertServes(bystander);
        faulty.exhaustAtNextAdd();
        Client unlucky = connect(address);
        assertThat(unlucky.isEnded()).isTrue();
        assertServes(bystander);
        assertServes(connect(address));
        assertThat(events).hasSize(2).allMatch(event -> event.startsWith("opened"));
        assertThat(counters.acceptErrors.get()).isEqualTo(1);
        assertThat(log.lines()).hasSize(1);
    }

    /** P8. */
    @Test
    void aConnectionThatCannotBeWatchedForRoomIsClosedAlone() throws IOException {
        Client bystander = connect(address);
        assertServes(bystander);
        Client unlucky = connect(address);
        assertServes(unlucky);
        faulty.failNext(FaultyPoller.Call.MODIFY);
        unlucky.send("b");
        assertThat(unlucky.isEnded()).isTrue();
        Eventually.holds(() ->
                assertThat(events).last().asString().startsWith("closed 2 by ").contains("epoll_ctl", "ENOMEM"));
        assertThat(counters.writePending.get()).isZero();
        assertServes(bystander);
        assertServes(connect(address));
    }

    /** P8. */
    @Test
    void aConnectionThatCannotBeRemovedIsClosedInsteadOfDetached() throws IOException {
        Client bystander = connect(address);
        assertServes(bystander);
        Client unlucky = connect(address);
        faulty.failNext(FaultyPoller.Call.REMOVE);
        unlucky.send("d");
        assertThat(unlucky.readToEnd()).isEqualTo("d");
        Eventually.holds(() ->
                assertThat(events).last().asString().startsWith("closed 2 by ").contains("epoll_ctl"));
        assertThat(counters.detached.get()).isZero();
        assertServes(bystander);
        // The next one is detached as it should.
        Client lucky = connect(address);
        lucky.send("d");
        assertThat(lucky.readToEnd()).isEqualTo("d");
        Eventually.holds(() -> assertThat(events).contains("detached 3"));
    }

    /** P9: tokens tell a connection from an earlier one under the same descriptor. */
    @Test
    void anEventOfAnEarlierConnectionIsDropped() throws IOException {
        for (int attempt = 0; attempt < 100; attempt++) {
            int before = faulty.added().size();
            Client earlier = connect(address);
            assertServes(earlier);
            earlier.close();
            Eventually.isTrue("its end", () -> counters.closed.get() == counters.opened.get());
            Client later = closeAfterwards(Client.connect(address, 4096));
            later.send("b");
            Eventually.isTrue("pending output", () -> counters.writePending.get() > 0);
            long stale = faulty.added().get(before);
            long current = faulty.added().get(before + 1);
            if ((int) stale == (int) current) {
                assertThat(stale).isNotEqualTo(current);
                assertDropped(stale, later);
                return;
            }
            // Another thread of this JVM has taken the number; it will be free again.
            later.close();
            Eventually.isTrue("its end", () -> counters.closed.get() == counters.opened.get());
        }
        throw new AssertionError("No descriptor was ever used again");
    }

    /** An event taken for the later one's would have it write; nothing else does, as its peer does not read. */
    private void assertDropped(long stale, Client later) throws IOException {
        Eventually.isTrue("a peer that is full", () -> {
            long attempts = counters.prewriteAttempts.get();
            faulty.reportStale(12_345L << 32 | Integer.MAX_VALUE);
            Eventually.isTrue("a turn", faulty::hasReported);
            return counters.prewriteAttempts.get() == attempts;
        });
        long attempts = counters.prewriteAttempts.get();
        for (int i = 0; i < 10; i++) {
            faulty.reportStale(stale);
            Eventually.isTrue("a turn", faulty::hasReported);
        }
        assertThat(counters.prewriteAttempts.get()).isEqualTo(attempts);
        later.readBytes(LARGE);
        assertServes(later);
    }
}
