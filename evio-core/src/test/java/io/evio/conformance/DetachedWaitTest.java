package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.evio.Action;
import io.evio.DetachedConnection;
import io.evio.EvioServer;
import io.evio.FaultyServers;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Descriptors;
import io.evio.testing.Eventually;
import io.evio.testing.FaultyPoller;
import io.evio.testing.TestHandler;
import io.evio.testing.VirtualThreads;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The wait of threads in detached connections: by a poller that they share, which is there as long as it is needed. */
class DetachedWaitTest extends ConformanceTest {

    private static final String POLLER_THREAD = "evio-test-detached";

    private final BlockingQueue<DetachedConnection> detached = new LinkedBlockingQueue<>();

    /** The pollers of a server over faulty ones: the loop's, and then those of its detached connections. */
    private final List<FaultyPoller> pollers = new CopyOnWriteArrayList<>();

    private TestHandler detaching() {
        return new TestHandler().onOpened((connection, out) -> Action.DETACH).onDetached((connection, channel) -> {
            detached.add(closeAfterwards(channel));
            return Action.NONE;
        });
    }

    private EvioServer startOverFaultyPollers() throws IOException {
        return start(FaultyServers.over(poller, pollers)
                .name("test")
                .handler(detaching())
                .addresses(ANY_PORT));
    }

    private DetachedConnection next() throws InterruptedException {
        DetachedConnection channel = detached.poll(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(channel).as("a detached connection").isNotNull();
        return channel;
    }

    /** A thread that takes one byte of the channel, and has come to wait for it. */
    private static Crowd reader(DetachedConnection channel, char wanted) {
        Crowd reader = Crowd.one(i -> assertThat(channel.inputStream().read()).isEqualTo(wanted));
        awaitParked(reader);
        return reader;
    }

    private static void awaitParked(Crowd reader) {
        Eventually.isTrue(
                "a thread that waits",
                () -> VirtualThreads.isParkedIn(reader.thread(), "io.evio.DetachedConnection", "read"));
    }

    private static boolean pollerRuns() {
        return Thread.getAllStackTraces().keySet().stream()
                .anyMatch(thread -> thread.getName().equals(POLLER_THREAD) && thread.isDaemon());
    }

    private void assumeNative() {
        assumeFalse(isNio(), "with nio the JDK waits");
    }

    /**
     * A virtual thread that waited with one would hold its carrier, before JDK 24; which is seen of a platform thread
     * just as well.
     */
    @Test
    void aThreadThatWaitsHoldsNoMonitor() throws Exception {
        EvioServer server = start(detaching(), ANY_PORT);
        Client client = connect(server);
        DetachedConnection channel = next();
        try (Crowd reader = Crowd.one(
                i -> assertThat(channel.inputStream().read(new byte[9])).isEqualTo(1))) {
            Eventually.isTrue(
                    "a thread that waits",
                    () -> isNio()
                            ? VirtualThreads.isIn(reader.thread(), "io.evio.internal.sys.NioSockets", "read")
                            : VirtualThreads.isParkedIn(reader.thread(), "io.evio.DetachedConnection", "read"));
            ThreadInfo info = ManagementFactory.getThreadMXBean()
                    .getThreadInfo(new long[] {reader.thread().getId()}, true, true)[0];
            assertThat(info.getLockedMonitors()).isEmpty();
            client.send("x");
            reader.join();
        }
    }

    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "descriptors are those of proc(5)")
    void thePollerIsThereFromTheFirstWaitUntilTheLastOfThoseThatWaitedIsClosed() throws Exception {
        assumeNative();
        EvioServer server = start(detaching(), ANY_PORT);
        Client client = connect(server);
        DetachedConnection channel = next();
        Client otherClient = connect(server);
        DetachedConnection other = next();
        int before = Descriptors.countOfServers();
        client.send("x");
        assertThat(channel.inputStream().read()).isEqualTo('x');
        channel.write(ByteBuffer.wrap(new byte[] {'y'}));
        assertThat(client.read(1)).isEqualTo("y");
        assertThat(pollerRuns()).as("a thread that nobody needs yet").isFalse();

        for (int i = 0; i < 2; i++) {
            Crowd reader = reader(channel, '1');
            Crowd otherReader = reader(other, '2');
            assertThat(pollerRuns()).isTrue();
            client.send("1");
            otherClient.send("2");
            reader.join();
            otherReader.join();
        }
        assertThat(server.stop(Duration.ZERO)).isTrue();
        Crowd reader = reader(channel, '3');
        other.close();
        client.send("3");
        reader.join();
        assertThat(pollerRuns()).isTrue();
        channel.close();
        Eventually.isTrue("the end of the poller's thread", () -> !pollerRuns());
        // The server has closed its listener, its poller and the sockets of both by now.
        Descriptors.areAtMost(before - 3);
    }

    @Test
    void aConnectionThatCannotBeWatchedSaysSoAndMayTryAgain() throws Exception {
        assumeNative();
        EvioServer server = startOverFaultyPollers();
        Client otherClient = connect(server);
        Crowd otherReader = reader(next(), 'o');
        Client client = connect(server);
        DetachedConnection channel = next();
        pollers.get(1).failNext(FaultyPoller.Call.ADD);
        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ENOMEM");
        assertThat(channel.isOpen()).isTrue();
        Crowd reader = reader(channel, 'x');
        client.send("x");
        reader.join();
        otherClient.send("o");
        otherReader.join();
        assertThat(pollers).hasSize(2);
    }

    @Test
    void aConnectionThatCannotBeTakenOutIsTakenOutTheNextTime() throws Exception {
        assumeNative();
        EvioServer server = startOverFaultyPollers();
        Client client = connect(server);
        DetachedConnection channel = next();
        for (char letter : "abc".toCharArray()) {
            Crowd reader = reader(channel, letter);
            FaultyPoller shared = pollers.get(1);
            shared.failNext(FaultyPoller.Call.REMOVE);
            client.send(String.valueOf(letter));
            reader.join();
            assertThat(shared.hasFailed()).isTrue();
        }
    }

    /** P9: a token is never used again, so that no event of an earlier connection wakes one that waits. */
    @Test
    void anEventOfAnEarlierConnectionWakesNobody() throws Exception {
        assumeNative();
        EvioServer server = startOverFaultyPollers();
        Client steadyClient = connect(server);
        Crowd steady = reader(next(), 's');
        FaultyPoller shared = pollers.get(1);
        Client earlierClient = connect(server);
        DetachedConnection earlier = next();
        Crowd earlierReader = reader(earlier, 'e');
        earlierClient.send("e");
        earlierReader.join();
        long stale = shared.added().get(shared.added().size() - 1);
        earlier.close();

        Client client = connect(server);
        DetachedConnection channel = next();
        Crowd reader = reader(channel, 'x');
        int added = shared.added().size();
        assertThat(shared.added()).last().isNotEqualTo(stale);
        shared.reportStale(stale);
        Eventually.isTrue("the event", shared::hasReported);
        assertThat(shared.added()).as("nobody has come to wait again").hasSize(added);

        // One of the connection's own may be out of date just as well: its reader looks, and waits again.
        shared.reportStale(shared.added().get(added - 1));
        Eventually.isTrue("another wait", () -> shared.added().size() == added + 1);
        awaitParked(reader);
        client.send("x");
        reader.join();
        steadyClient.send("s");
        steady.join();
    }

    @Test
    void aPollerThatCannotBeWokenIdlesAndIsUsedAgain() throws Exception {
        assumeNative();
        EvioServer server = startOverFaultyPollers();
        Client client = connect(server);
        DetachedConnection channel = next();
        Crowd reader = reader(channel, 'x');
        client.send("x");
        reader.join();
        pollers.get(1).failWakes(true);
        channel.close();
        assertThat(client.readToEnd()).isEmpty();
        assertThat(pollers.get(1).failedWakes()).isEqualTo(1);
        pollers.get(1).failWakes(false);

        Client another = connect(server);
        DetachedConnection next = next();
        Crowd again = reader(next, 'y');
        another.send("y");
        again.join();
        assertThat(pollers).hasSize(2);
        next.close();
        Eventually.isTrue("the end of the poller's thread", () -> !pollerRuns());
    }
}
