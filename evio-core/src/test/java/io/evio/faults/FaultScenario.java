package io.evio.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Address;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.FaultyServers;
import io.evio.Limits;
import io.evio.internal.sys.Block;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.SystemLibrary;
import io.evio.testing.Crowd;
import io.evio.testing.Descriptors;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One life of a server over a {@link FaultyLibc}, always the same: it starts on a port of every interface and on a unix
 * socket whose stale file is in the way, serves three bystanders and four clients that make it use all of its calls,
 * and is stopped while output is pending. A fault hits it in one of the phases, and whatever it does, the others have
 * to get every byte in order, nothing may be left behind, and the loop may not spin.
 */
final class FaultScenario implements AutoCloseable {

    /** The time at which the fault hits. */
    enum Phase {
        START,
        SERVICE,
        OUTBOUND,
        DETACHED,
        STOP
    }

    private static final int SMALL_SEND_BUFFER = 16 * 1024;

    /** The time that an idle loop is looked at. */
    private static final int IDLE_MILLIS = 10;

    private final FaultyLibc libc = new FaultyLibc();
    private final LineHandler handler = new LineHandler();
    private final LogCapture log = new LogCapture();
    private final AtomicReference<@Nullable Throwable> ended = new AtomicReference<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private final List<Peer> peers = new ArrayList<>();
    private final List<Throwable> callers = new ArrayList<>();
    private final long memoryBefore = Memory.allocatedBytes();
    private final int descriptorsBefore = Descriptors.countOfServers();
    private final Block sendBuffer;
    private final Path path;
    private final Object staleFile;
    private final EvioServer server;
    private final int[] countInPhase = new int[Call.values().length];
    private @Nullable Throwable startFailure;
    private int lost;
    private boolean everybodyIsServed;
    private boolean bystandersLeft;

    FaultScenario(Path folder) throws IOException {
        path = folder.resolve("faults.sock");
        Files.deleteIfExists(path);
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(path))
                .close();
        staleFile = inode();
        sendBuffer = new Memory(SystemLibrary.linux().calls()).allocate(Integer.BYTES);
        sendBuffer.buffer().order(ByteOrder.nativeOrder()).putInt(0, SMALL_SEND_BUFFER);
        libc.sendBuffer(sendBuffer.address());
        server = FaultyServers.over(libc.library())
                .name("faulty")
                .handler(handler)
                .addresses("tcp4://:0", "unix://" + path)
                .keepAlive(true)
                .reusePort(true)
                .unixPermissions(PosixFilePermissions.fromString("rw-rw-rw-"))
                .limits(Limits.DEFAULTS.withDrainTimeout(Duration.ofMinutes(1)))
                .onStopped(cause -> {
                    ended.set(cause);
                    end.countDown();
                })
                .build();
    }

    /** The number of times that each call is made in the phase when nothing fails; index is {@link Call#ordinal}. */
    static int[] count(Phase phase, Path folder) throws Exception {
        try (FaultScenario scenario = new FaultScenario(folder)) {
            scenario.live(phase, FaultyLibc.Plan.NONE);
            assertThat(scenario.outcome("")).isEqualTo(Outcome.UNNOTICED);
            return scenario.countInPhase;
        }
    }

    /** Lives through all phases; the plan holds in one of them. Returns how many calls failed by it. */
    int live(Phase phase, FaultyLibc.Plan plan) throws Exception {
        int failures = 0;
        libc.set(phase == Phase.START ? plan : FaultyLibc.Plan.NONE);
        try {
            server.start();
        } catch (IOException | RuntimeException | Error e) {
            startFailure = e;
        }
        if (phase == Phase.START) {
            failures = endPlan();
        }
        if (startFailure == null) {
            failures += serveAndStop(phase, plan);
        }
        assertNothingIsLeft();
        return failures;
    }

    private int endPlan() {
        int failures = libc.failures();
        for (Call call : Call.values()) {
            countInPhase[call.ordinal()] = libc.count(call);
        }
        libc.set(FaultyLibc.Plan.NONE);
        return failures;
    }

    private int serveAndStop(Phase phase, FaultyLibc.Plan plan) throws Exception {
        int failures = 0;
        Address tcp = server.addresses().get(0);
        Address unix = server.addresses().get(1);
        Peer idle = peer(tcp).greeted();
        Peer halfway = peer(tcp).greeted().say("ehalf ");
        Peer full = peer(unix).greeted().say("b\n");
        Eventually.isTrue("output is pending", () -> server.stats().writePending() > 0);

        libc.set(phase == Phase.SERVICE ? plan : FaultyLibc.Plan.NONE);
        visit(() -> talkOverTcp(tcp));
        visit(() -> talkOverUnix(unix));
        if (phase == Phase.SERVICE) {
            failures = endPlan();
        }
        visit(() -> talkOutbound(tcp, phase, plan));
        if (phase == Phase.OUTBOUND) {
            failures = endPlan();
        }
        visit(() -> talkDetached(tcp, phase, plan));
        if (phase == Phase.DETACHED) {
            failures = endPlan();
        }
        libc.set(FaultyLibc.Plan.NONE);
        visit(() -> idle.say("estill here\n").expect("still here\n"));
        visit(() -> halfway.say("a line\n").expect("half a line\n"));
        visit(() -> peer(tcp).greeted().say("enew\n").expect("new\n"));
        assertDoesNotSpin();
        bystandersLeft = end.getCount() > 0;
        everybodyIsServed = lost == 0;

        libc.set(phase == Phase.STOP ? plan : FaultyLibc.Plan.NONE);
        Crowd stopping = Crowd.one(i -> {
            try {
                server.stop(Duration.ofMinutes(1));
            } catch (UncheckedIOException e) {
                callers.add(e);
                server.stop(Duration.ofMinutes(1));
            }
        });
        visit(full::expectBig);
        for (Peer peer : peers) {
            peer.expectEnd();
            peer.close();
        }
        stopping.join();
        if (phase == Phase.STOP) {
            failures = endPlan();
        }
        Eventually.reached(end);
        assertEveryEndIsTold();
        return failures;
    }

    private interface Visit {
        void talk() throws IOException, Peer.Lost;
    }

    /** A visitor may be lost, which is counted; but nothing wrong may come. */
    private void visit(Visit visit) throws IOException {
        try {
            visit.talk();
        } catch (Peer.Lost e) {
            lost++;
        }
    }

    private Peer peer(Address address) throws IOException, Peer.Lost {
        Peer peer;
        try {
            peer = Peer.connect(address);
        } catch (IOException e) {
            Eventually.isTrue("the end of a loop that refuses a client", () -> end.getCount() == 0);
            throw new Peer.Lost("at once");
        }
        peers.add(peer);
        return peer;
    }

    private void talkOverTcp(Address address) throws IOException, Peer.Lost {
        Peer peer = peer(address).greeted();
        long received = server.stats().dataReceived();
        peer.say("ein two ");
        awaitUnless(peer, () -> server.stats().dataReceived() > received);
        peer.say("pieces\n").expect("in two pieces\n");
        call(() -> server.send(peer.id(), "pushed\n".getBytes(StandardCharsets.US_ASCII)));
        peer.expect("pushed\n");

        handler.work = new CountDownLatch(1);
        int watched = libc.count(Call.EPOLL_CTL_DEL);
        long before = server.stats().dataReceived();
        peer.say("w\n");
        // Read together with it, the next line would be no input that comes meanwhile.
        awaitUnless(peer, () -> server.stats().dataReceived() > before);
        peer.say("emeanwhile\n");
        awaitUnless(peer, () -> libc.count(Call.EPOLL_CTL_DEL) > watched);
        handler.work.countDown();
        peer.expect("worked\nmeanwhile\n");
        peer.say("c\n").expect("bye\n").expectEnd();
        peer.close();
    }

    private void talkOverUnix(Address address) throws IOException, Peer.Lost {
        Peer peer = peer(address).greeted();
        long pending = server.stats().writePending();
        peer.say("b\n");
        awaitUnless(peer, () -> server.stats().writePending() > pending);
        peer.expectBig();
        peer.say("d\n").expect("detaching\n").expect("own\n").expectEnd();
        peer.close();
    }

    /** Has the server connect to somewhere else. The client is told when that fails, and lives on. */
    private void talkOutbound(Address address, Phase phase, FaultyLibc.Plan plan) throws IOException, Peer.Lost {
        try (Backend backend = new Backend()) {
            handler.target = backend.target();
            Peer peer = peer(address).greeted();
            libc.set(phase == Phase.OUTBOUND ? plan : FaultyLibc.Plan.NONE);
            peer.say("o\n").expectFirstOf("served\n", "failed\n");
            awaitUnless(
                    peer,
                    () -> handler.outboundEnds().size() == handler.outbound().size());
            peer.say("c\n").expect("bye\n").expectEnd();
            peer.close();
        }
    }

    /** Waits for a line, and then for room and for the end of input at the same time. The loop has no part in it. */
    private void talkDetached(Address address, Phase phase, FaultyLibc.Plan plan) throws IOException, Peer.Lost {
        handler.talk = new CountDownLatch(1);
        Peer peer = peer(address).greeted().say("D\n").expect("detaching\n").expect("own\n");
        libc.set(phase == Phase.DETACHED ? plan : FaultyLibc.Plan.NONE, "evio-faulty");
        handler.talk.countDown();
        try {
            awaitChannel(() -> libc.count(Call.EPOLL_CTL_ADD) > 1);
            peer.say("go on\n");
            awaitChannel(() -> libc.count(Call.EPOLL_CTL_MOD) > 0);
            peer.expectBig().shutdownOutput().expectEnd();
        } finally {
            peer.close();
            Eventually.isTrue(
                    "the channel and its poller are closed",
                    () -> Thread.getAllStackTraces().keySet().stream()
                            .noneMatch(thread -> thread.getName().equals("evio-faulty-detached")));
        }
    }

    private void awaitChannel(Callable<Boolean> condition) {
        Eventually.isTrue(
                "the channel's call",
                () -> condition.call() || !handler.channelFailures().isEmpty());
    }

    private void call(Runnable call) {
        try {
            call.run();
        } catch (UncheckedIOException e) {
            callers.add(e);
            call.run();
        }
    }

    /** Waits for the condition, or for the end of somebody or of the loop. */
    private void awaitUnless(Peer peer, Callable<Boolean> condition) {
        Eventually.isTrue(
                "what " + peer.id() + " has asked for",
                () -> condition.call()
                        || end.getCount() == 0
                        || handler.ends().stream().anyMatch(ended -> ended.id() == peer.id()));
    }

    private void assertDoesNotSpin() throws InterruptedException {
        if (end.getCount() == 0) {
            return;
        }
        long before = server.stats().loopIterations();
        // The time is what is measured over, not what is waited for.
        Thread.sleep(IDLE_MILLIS);
        assertThat(server.stats().loopIterations() - before)
                .as("turns of an idle loop")
                .isLessThan(5);
    }

    private void assertEveryEndIsTold() {
        List<Long> ends = handler.ends().stream().map(LineHandler.End::id).toList();
        assertThat(ends).as("each has one end").containsExactlyInAnyOrderElementsOf(handler.opened());
        var stats = server.stats();
        assertThat(stats.connectionsOpened()).isEqualTo(handler.opened().size());
        assertThat(stats.connectionsClosed() + stats.connectionsDetached())
                .as("each end is counted")
                .isEqualTo(stats.connectionsOpened());
        assertThat(stats.prewriteAttempts()).as("attempts begun and over").isEqualTo(stats.postwriteAttempts());
        assertThat(stats.writePending()).isZero();
        assertThat(handler.outboundEnds())
                .extracting(LineHandler.End::id)
                .as("each that was to be made has one end")
                .containsExactlyInAnyOrderElementsOf(
                        handler.outbound().stream().map(Connection::id).toList());
        assertThat(stats.outboundOpened()).isEqualTo(handler.outboundOpened().size());
        assertThat(stats.outboundErrors()).isEqualTo(notOpened().size());
        assertThat(stats.outboundClosed()).isEqualTo(stats.outboundOpened());
        assertThat(stats.outboundActive()).isZero();
        if (ended.get() == null) {
            // Of those that are idle while the server stops nobody sees whether they have failed.
            assertThat(lost)
                    .as("who was lost has failed: %s", failed())
                    .isLessThanOrEqualTo(
                            failed().size() + handler.channelFailures().size() + refused());
            assertThat(failed()).hasSizeLessThanOrEqualTo(1);
        } else if (!bystandersLeft) {
            assertThat(failed())
                    .extracting(LineHandler.End::id)
                    .as("all are told why")
                    .contains(1L, 2L, 3L);
        }
    }

    private List<LineHandler.End> failed() {
        return handler.ends().stream().filter(ended -> ended.error() != null).toList();
    }

    /** The outbound connections that could not be made. */
    private List<LineHandler.End> notOpened() {
        return handler.outboundEnds().stream()
                .filter(one -> !handler.outboundOpened().contains(one.id()))
                .toList();
    }

    private List<LineHandler.End> failedOutbound() {
        return handler.outboundEnds().stream()
                .filter(one -> one.error() != null)
                .toList();
    }

    private int refused() {
        return everybodyIsServed
                        || !failed().isEmpty()
                        || !handler.channelFailures().isEmpty()
                ? 0
                : (int) server.stats().acceptErrors();
    }

    private void assertNothingIsLeft() throws Exception {
        for (Peer peer : peers) {
            peer.close();
        }
        handler.close();
        sendBuffer.free();
        assertThat(Memory.allocatedBytes()).as("native memory").isEqualTo(memoryBefore);
        Descriptors.areAtMost(descriptorsBefore);
        assertThat(server.isRunning()).isFalse();
        assertThat(inode()).as("the socket's file").isIn(startFailure == null ? List.of(0) : List.of(0, staleFile));
    }

    /** Returns the outcome of the fault with this errno; fails where somebody was told of something else. */
    Outcome outcome(String errno) {
        List<Throwable> told = new ArrayList<>(callers);
        Outcome outcome = Outcome.UNNOTICED;
        if (startFailure != null
                && !errno.equals("EADDRINUSE")
                && messages(startFailure).contains("bind: EADDRINUSE")) {
            outcome = Outcome.PATH_IN_USE;
        } else if (startFailure != null) {
            told.add(startFailure);
            outcome = Outcome.START_FAILS;
        } else if (ended.get() != null) {
            told.add(ended.get());
            failed().forEach(one -> told.add(one.error()));
            outcome = Outcome.LOOP_ENDS;
        } else if (!failed().isEmpty()) {
            told.add(failed().get(0).error());
            outcome = Outcome.CONNECTION_CLOSED;
        } else if (!failedOutbound().isEmpty()) {
            failedOutbound().forEach(one -> told.add(one.error()));
            outcome = notOpened().isEmpty() ? Outcome.CONNECTION_CLOSED : Outcome.OUTBOUND_FAILS;
        } else if (!handler.channelFailures().isEmpty()) {
            told.addAll(handler.channelFailures());
            outcome = Outcome.CHANNEL_THROWS;
        } else if (lost > 0) {
            outcome = Outcome.CONNECTION_REFUSED;
        } else if (!callers.isEmpty()) {
            outcome = Outcome.CALLER_IS_TOLD;
        } else if (server.stats().acceptErrors() > 0) {
            outcome = logged("paused") ? Outcome.ACCEPT_PAUSES : Outcome.ACCEPT_GOES_ON;
        } else if (!log.lines().isEmpty()) {
            outcome = Outcome.LOGGED;
        }
        assertThat(told).allSatisfy(cause -> assertThat(messages(cause)).contains(errno));
        return outcome;
    }

    private boolean logged(String text) {
        return log.lines().stream().anyMatch(line -> line.getFormattedMessage().contains(text));
    }

    private static String messages(@Nullable Throwable thrown) {
        StringBuilder all = new StringBuilder();
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            all.append(cause).append('\n');
        }
        return all.toString();
    }

    private Object inode() throws IOException {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS) ? Files.getAttribute(path, "unix:ino") : 0;
    }

    @Override
    public void close() throws IOException {
        for (Peer peer : peers) {
            peer.close();
        }
        server.stop(Duration.ZERO);
        handler.close();
        log.close();
    }
}
