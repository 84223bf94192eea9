package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.evio.Action;
import io.evio.DetachedConnection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.Tick;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.LogCapture;
import io.evio.testing.PatternBytes;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import io.evio.testing.VirtualThreads;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Connections that have left the loop. */
class DetachTest extends ConformanceTest {

    private final BlockingQueue<DetachedConnection> detached = new LinkedBlockingQueue<>();

    /** Echoes, and detaches at the first line "upgrade", whose successors it leaves unread. */
    private TestHandler detaching() {
        return new TestHandler()
                .onData((connection, in, out) -> {
                    byte[] line = "upgrade\n".getBytes(StandardCharsets.US_ASCII);
                    if (in.get(in.position()) == 'u') {
                        if (in.remaining() < line.length) {
                            return Action.NONE;
                        }
                        in.position(in.position() + line.length);
                        return Action.DETACH;
                    }
                    out.write(in);
                    return Action.NONE;
                })
                .onDetached((connection, channel) -> {
                    detached.add(closeAfterwards(channel));
                    return Action.NONE;
                });
    }

    /** Starts threads of the kind that the detached connections are used by. */
    Crowd threads(int size, Crowd.Task task) {
        return Crowd.start(size, task);
    }

    private DetachedConnection detach(Client client) throws Exception {
        client.send("upgrade\n");
        return next();
    }

    private DetachedConnection next() throws InterruptedException {
        DetachedConnection channel = detached.poll(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        assertThat(channel).as("a detached connection").isNotNull();
        return channel;
    }

    @EveryTransport
    void worksWithBlockingStreamsOnAnotherThread(Transport transport) throws Exception {
        EvioServer server = start(detaching(), transport.address(folder));
        Client client = connect(server);
        // In one piece, so that the loop has read more than the handler takes.
        client.send("upgrade\nfirst\nsec");
        try (Crowd worker = threads(1, i -> {
            try (DetachedConnection channel = next();
                    BufferedReader lines = new BufferedReader(
                            new InputStreamReader(channel.inputStream(), StandardCharsets.US_ASCII));
                    OutputStream out = channel.outputStream()) {
                String line;
                while ((line = lines.readLine()) != null) {
                    out.write((line.toUpperCase(Locale.ROOT) + "\n").getBytes(StandardCharsets.US_ASCII));
                }
            }
        })) {
            assertThat(client.read(6)).isEqualTo("FIRST\n");
            client.send("ond\n");
            assertThat(client.read(7)).isEqualTo("SECOND\n");
            // The loop goes on with the others, and the detached one survives its traffic.
            for (int i = 0; i < 20; i++) {
                Client other = connect(server);
                other.send("loop");
                assertThat(other.read(4)).isEqualTo("loop");
                other.close();
                client.send("line " + i + "\n");
                String answer = "LINE " + i + "\n";
                assertThat(client.read(answer.length())).isEqualTo(answer);
            }
            client.shutdownOutput();
            assertThat(client.readToEnd()).isEmpty();
            worker.join();
        }
    }

    @EveryTransport
    void theBytesNotYetReadComeFirst(Transport transport) throws Exception {
        EvioServer server = start(detaching(), transport.address(folder));
        Client client = connect(server);
        client.send("upgrade\nabcdef");
        DetachedConnection channel = next();
        client.send("ghi").shutdownOutput();
        ByteBuffer two = ByteBuffer.allocate(2);
        assertThat(channel.read(two)).isEqualTo(2);
        assertThat(two.array()).containsExactly('a', 'b');
        assertThat(channel.read(ByteBuffer.allocate(0))).isZero();
        assertThat(new String(channel.inputStream().readAllBytes(), StandardCharsets.US_ASCII))
                .isEqualTo("cdefghi");
        assertThat(channel.read(ByteBuffer.allocate(10))).isEqualTo(-1);
    }

    /** P2 and P9: the loop touches neither the detached descriptor nor the next one with its number. */
    @EveryTransport
    void theLoopLeavesItsDescriptorAlone(Transport transport) throws Exception {
        EvioServer server = start(detaching(), transport.address(folder));
        Client steady = connect(server);
        for (int i = 0; i < 100; i++) {
            Client client = connect(server);
            DetachedConnection channel = detach(client);
            channel.write(ByteBuffer.wrap(new byte[] {'a'}));
            assertThat(client.read(1)).isEqualTo("a");
            channel.close();
            // Most likely under the number that has just become free.
            Client next = connect(server);
            next.send("next");
            assertThat(next.read(4)).isEqualTo("next");
            assertThat(client.readToEnd()).isEmpty();
            client.close();
            next.send("still");
            assertThat(next.read(5)).isEqualTo("still");
            next.close();
            steady.send("s");
            assertThat(steady.read(1)).isEqualTo("s");
        }
        assertThat(server.stats().connectionsDetached()).isEqualTo(100);
    }

    /** P2: what arrives for it is nothing to the loop, which would otherwise turn round and round. */
    @EveryTransport
    void theLoopHearsOfItNoMore(Transport transport) throws Exception {
        TestHandler handler = detaching().onTick(() -> Tick.after(Tick.MIN_DELAY));
        EvioServer server = start(handler, transport.address(folder));
        Client client = connect(server);
        detach(client);
        client.send("not read by anybody");
        long ticks = server.stats().ticks();
        long turns = server.stats().loopIterations();
        Eventually.isTrue("100 ticks", () -> server.stats().ticks() >= ticks + 100);
        assertThat(server.stats().loopIterations() - turns)
                .isLessThan(3 * (server.stats().ticks() - ticks));
    }

    @EveryTransport
    void closingWakesAThreadThatIsBlockedInRead(Transport transport) throws Exception {
        EvioServer server = start(detaching(), transport.address(folder));
        Client client = connect(server);
        DetachedConnection channel = detach(client);
        try (Crowd reader = threads(
                1,
                i -> assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(10)))
                        .isInstanceOf(AsynchronousCloseException.class))) {
            awaitWaiting(reader.thread(), "read");
            channel.close();
            reader.join();
        }
        assertThat(channel.isOpen()).isFalse();
        assertThat(client.readToEnd()).isEmpty();
    }

    @EveryTransport
    void closingWakesAThreadThatIsBlockedInWrite(Transport transport) throws Exception {
        EvioServer server = start(detaching(), transport.address(folder));
        Client client = connectSlowReader(server);
        DetachedConnection channel = detach(client);
        AtomicInteger writes = new AtomicInteger();
        try (Crowd writer = threads(
                1,
                i -> assertThatThrownBy(() -> {
                            while (true) {
                                channel.write(ByteBuffer.allocate(16 * 1024));
                                writes.incrementAndGet();
                            }
                        })
                        .isInstanceOf(AsynchronousCloseException.class))) {
            // The kernel's buffers are full, not just on their way to be.
            AtomicInteger before = new AtomicInteger(-1);
            await().pollInterval(Duration.ofMillis(100)).until(() -> before.getAndSet(writes.get()) == writes.get());
            awaitWaiting(writer.thread(), "write");
            channel.close();
            writer.join();
        }
        assertThat(client.isEnded()).isTrue();
    }

    /** Parked, but for nio's platform threads, which are in the JDK's own call. */
    private void awaitWaiting(Thread thread, String call) {
        Eventually.isTrue(
                "a thread that waits in " + call,
                () -> isNio()
                        ? VirtualThreads.isIn(thread, "io.evio.internal.sys.NioSockets", call)
                        : VirtualThreads.isParkedIn(thread, "io.evio.DetachedConnection", call));
    }

    @EveryTransport
    void anInterruptOfTheReaderCloses(Transport transport) throws Exception {
        EvioServer server = start(detaching(), transport.address(folder));
        Client client = connect(server);
        DetachedConnection channel = detach(client);
        try (Crowd reader = threads(
                1,
                i -> assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(10)))
                        .isInstanceOf(ClosedByInterruptException.class))) {
            awaitWaiting(reader.thread(), "read");
            reader.interrupt();
            reader.join();
        }
        assertThat(channel.isOpen()).isFalse();
        assertThat(client.readToEnd()).isEmpty();
    }

    @EveryTransport
    void anInterruptOfTheWriterCloses(Transport transport) throws Exception {
        EvioServer server = start(detaching(), transport.address(folder));
        Client client = connectSlowReader(server);
        DetachedConnection channel = detach(client);
        try (Crowd writer = threads(
                1,
                i -> assertThatThrownBy(() -> {
                            while (true) {
                                channel.write(ByteBuffer.allocate(64 * 1024));
                            }
                        })
                        .isInstanceOf(ClosedByInterruptException.class))) {
            awaitWaiting(writer.thread(), "write");
            writer.interrupt();
            writer.join();
        }
        assertThat(channel.isOpen()).isFalse();
        assertThat(client.isEnded()).isTrue();
    }

    @Test
    void aResetWakesAThreadThatWaits() throws Exception {
        EvioServer server = start(detaching(), ANY_PORT);
        Client client = connect(server);
        DetachedConnection channel = detach(client);
        try (Crowd reader = threads(
                1,
                i -> assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(10)))
                        .isInstanceOf(IOException.class)
                        .hasMessageContaining("recv: ECONNRESET"))) {
            awaitWaiting(reader.thread(), "read");
            client.reset();
            reader.join();
        }
        assertThat(channel.isOpen()).isTrue();
    }

    @EveryTransport
    void readerAndWriterWorkAtTheSameTime(Transport transport) throws Exception {
        byte[] sent = PatternBytes.bytes(0, 8 * 1024 * 1024);
        EvioServer server = start(detaching(), transport.address(folder));
        Client client = connect(server);
        DetachedConnection channel = detach(client);
        try (Crowd four = threads(4, i -> {
            switch (i) {
                case 0 -> client.send(sent);
                case 1 -> PatternBytes.check(0, sent.length, client.readBytes(sent.length));
                case 2 -> channel.outputStream().write(sent);
                default ->
                    PatternBytes.check(0, sent.length, channel.inputStream().readNBytes(sent.length));
            }
        })) {
            four.join();
        }
    }

    @EveryTransport
    void oneSideCanBeShut(Transport transport) throws Exception {
        EvioServer server = start(detaching(), transport.address(folder));
        Client client = connect(server);
        DetachedConnection channel = detach(client);
        channel.write(ByteBuffer.wrap(new byte[] {'x'}));
        channel.shutdownOutput();
        assertThat(client.readToEnd()).isEqualTo("x");
        client.send("late");
        assertThat(channel.inputStream().readNBytes(4)).containsExactly('l', 'a', 't', 'e');
    }

    @EveryTransport
    void detachesFromOpenedBeforeTheFirstByte(Transport transport) throws Exception {
        EvioServer server = start(detaching().onOpened((connection, out) -> Action.DETACH), transport.address(folder));
        Client client = connect(server);
        DetachedConnection channel = next();
        client.send("abc");
        assertThat(channel.inputStream().readNBytes(3)).containsExactly('a', 'b', 'c');
    }

    @EveryTransport
    void outlivesItsServer(Transport transport) throws Exception {
        EvioServer server = start(detaching(), transport.address(folder));
        Client client = connect(server);
        DetachedConnection channel = detach(client);
        assertThat(server.stop(Duration.ZERO)).isTrue();
        client.send("hello");
        assertThat(channel.inputStream().readNBytes(5)).hasSize(5);
        channel.write(ByteBuffer.wrap(new byte[] {'b', 'y', 'e'}));
        channel.close();
        assertThat(client.readToEnd()).isEqualTo("bye");
    }

    @EveryTransport
    void aThrowInDetachedClosesTheSocket(Transport transport) throws Exception {
        try (LogCapture log = new LogCapture()) {
            IllegalStateException thrown = new IllegalStateException("no thanks");
            TestHandler handler = detaching().onDetached((connection, channel) -> {
                throw thrown;
            });
            EvioServer server = start(handler, transport.address(folder));
            Client client = connect(server);
            client.send("upgrade\n");
            assertThat(client.readToEnd()).isEmpty();
            Eventually.holds(() -> assertThat(log.lines(Level.ERROR)).hasSize(1));
            assertThat(server.stats().handlerErrors()).isEqualTo(1);
            assertThat(server.stats().connectionsDetached()).isEqualTo(1);
            assertThat(server.stop(Duration.ZERO)).isTrue();
            assertThat(handler.count("closed")).isZero();
        }
    }

    @EveryTransport
    void byDefaultItIsClosed(Transport transport) throws Exception {
        EvioHandler handler = new EvioHandler() {
            @Override
            public Action opened(io.evio.Connection connection, Output out) {
                out.writeAscii("bye");
                return Action.DETACH;
            }
        };
        EvioServer server = start(handler, transport.address(folder));
        assertThat(connect(server).readToEnd()).isEqualTo("bye");
    }

    @Test
    void aClosedOneRefusesEverything() throws Exception {
        EvioServer server = start(detaching(), ANY_PORT);
        Client client = connect(server);
        client.send("upgrade\nunread");
        DetachedConnection channel = next();
        assertThat(channel.isOpen()).isTrue();
        channel.close();
        channel.close();
        assertThat(channel.isOpen()).isFalse();
        assertThatThrownBy(() -> channel.read(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(1))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(() -> channel.write(ByteBuffer.allocate(0))).isInstanceOf(ClosedChannelException.class);
        assertThatThrownBy(channel::shutdownOutput).isInstanceOf(ClosedChannelException.class);
    }

    @Test
    void aPeerThatIsGoneFailsTheWrite() throws Exception {
        EvioServer server = start(detaching(), ANY_PORT);
        Client client = connect(server);
        DetachedConnection channel = detach(client);
        client.reset();
        assertThatThrownBy(() -> {
                    while (true) {
                        channel.write(ByteBuffer.allocate(1024));
                    }
                })
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(ClosedChannelException.class)
                .hasMessageContaining("send");
        assertThat(channel.isOpen()).isTrue();
    }
}
