package io.evio.sample.testing;

import io.evio.EvioHandler;
import io.evio.LoopEventsOf;
import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventLoop;
import io.evio.internal.loop.LoopGroup;
import io.evio.internal.net.Acceptor;
import io.evio.internal.poll.Poller;
import io.evio.internal.stream.Handover;
import io.evio.internal.stream.Stream;
import io.evio.internal.stream.StreamConfig;
import io.evio.internal.stream.StreamEvents;
import io.evio.internal.stream.Streams;
import io.evio.internal.stream.Verdict;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.TcpOptions;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection of a handler, from the peer's first byte to the end, on the real event loop over a kernel that is
 * played: tens of thousands in a second, on the calling thread alone. The peer sends its input in pieces of given
 * sizes, shuts its writing side, and takes the output in pieces of given sizes.
 */
public final class PlayedConnection implements Poller {

    /** A peer that has got more than this resets the connection. */
    public static final int MOST_OUTPUT = 40 * 1024;

    /**
     * After an event that ends the server the peer still gets what is pending: it takes all that is offered within no
     * time.
     */
    private static final long GRACE_NANOS = TimeUnit.SECONDS.toNanos(10);

    private static final StreamConfig CONFIG = new StreamConfig(
            "played", 1 << 20, 8 << 20, 1 << 30, 64 << 10, 16 << 10, TimeUnit.SECONDS.toNanos(10), 0, 0, 0);

    private static final int MAX_CONNECTIONS = 10;

    private final StreamEvents events;
    private final Counters counters = new Counters();
    private final PlayedSockets sockets;
    private final EventLoop loop;
    private final Streams streams;

    private int interest;
    private long connectionToken;
    private long readyToken;
    private int ready;
    private byte @Nullable [] detachedWith;
    private int ends;

    private PlayedConnection(EvioHandler handler, byte[] input, byte[] reads, byte[] writes) {
        events = LoopEventsOf.handler(handler);
        sockets = new PlayedSockets(input, new Pieces(reads), new Pieces(writes), MOST_OUTPUT);
        Thread thread = Thread.currentThread();
        loop = new EventLoop(new LoopGroup("played", 1, MAX_CONNECTIONS, 0), counters, this, thread, 0, GRACE_NANOS);
        streams = new Streams(CONFIG, null, loop, counters, thread, new Watched());
        streams.addAddress(null);
    }

    /**
     * The result.
     *
     * @param output what the peer got
     * @param cut whether that is not all, because the peer had got too much
     * @param detachedWith the bytes that whoever got the detached connection would read; null when it was not detached
     * @param handlerErrors how many events threw
     */
    public record Outcome(byte[] output, boolean cut, byte @Nullable [] detachedWith, long handlerErrors) {}

    /**
     * Plays it, and checks what holds for every connection: it ends, and exactly once, and no memory of it is left.
     *
     * @param reads the sizes of the pieces in which input comes, see {@link Pieces}
     * @param writes the sizes of the pieces in which output is taken
     */
    public static Outcome play(EvioHandler handler, byte[] input, byte[] reads, byte[] writes) {
        long memory = Memory.allocatedBytes();
        PlayedConnection played = new PlayedConnection(handler, input, reads, writes);
        played.run();
        if (played.ends != 1 || !played.sockets.isClosed()) {
            throw new AssertionError(
                    "The connection has ended " + played.ends + " times, closed: " + played.sockets.isClosed());
        }
        if (Memory.allocatedBytes() != memory || played.counters.writePending.get() != 0) {
            throw new AssertionError("Memory is left: " + (Memory.allocatedBytes() - memory) + " bytes, pending "
                    + played.counters.writePending.get());
        }
        return new Outcome(
                played.sockets.output(),
                played.sockets.isBroken(),
                played.detachedWith,
                played.counters.handlerErrors.get());
    }

    private void run() {
        try {
            new Acceptor(loop, counters, streams.log(), List.of(streams))
                    .listen(
                            0,
                            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                            new ListenOptions(1, false, false, TcpOptions.DEFAULTS, -1),
                            false);
            loop.run(streams, () -> {});
        } catch (IOException e) {
            throw new AssertionError("The loop has failed", e);
        }
    }

    @Override
    public int await(int timeoutMillis) {
        if (!sockets.isAccepted()) {
            readyToken = PlayedSockets.LISTENER;
            ready = READ;
            return 1;
        }
        if (sockets.isClosed()) {
            loop.stop(0);
            return 0;
        }
        if (interest == 0 && timeoutMillis != 0) {
            throw new AssertionError("The connection waits for nothing that could come");
        }
        readyToken = connectionToken;
        ready = interest;
        return interest == 0 ? 0 : 1;
    }

    @Override
    public long token(int index) {
        return readyToken;
    }

    @Override
    public int ready(int index) {
        return ready;
    }

    @Override
    public void add(int handle, long token, int wanted) {
        if (handle == PlayedSockets.CONNECTION) {
            connectionToken = token;
            interest = wanted;
        }
    }

    @Override
    public void modify(int handle, long token, int wanted) {
        add(handle, token, wanted);
    }

    @Override
    public void remove(int handle) {
        add(handle, 0, 0);
    }

    @Override
    public String name() {
        return "played";
    }

    @Override
    public Sockets sockets() {
        return sockets;
    }

    @Override
    public void wakeup() {
        // Nobody waits.
    }

    @Override
    public void woken() {
        // Nobody waits.
    }

    @Override
    public void close() {
        // Nothing is held.
    }

    /** The handler's events; how the connection ends is noted, and nothing is handed over to a handler's threads. */
    private final class Watched implements StreamEvents {

        @Override
        public Verdict serving() {
            return Verdict.NONE;
        }

        @Override
        public NextTick tick() {
            return events.tick();
        }

        @Override
        public Verdict opened(Stream connection) {
            return events.opened(connection);
        }

        @Override
        public Verdict data(Stream connection, ByteBuffer in) {
            return events.data(connection, in);
        }

        @Override
        public Verdict prewrite(Stream connection, int amount) {
            return events.prewrite(connection, amount);
        }

        @Override
        public Verdict postwrite(Stream connection, int amount, int remaining) {
            return events.postwrite(connection, amount, remaining);
        }

        @Override
        public Verdict detached(Stream connection, Handover handover) {
            byte[] unread = handover.unread();
            byte[] unsent = sockets.unread();
            detachedWith = Arrays.copyOf(unread, unread.length + unsent.length);
            System.arraycopy(unsent, 0, detachedWith, unread.length, unsent.length);
            ends++;
            handover.sockets().close(handover.handle());
            return Verdict.NONE;
        }

        @Override
        public Verdict closed(Stream connection, @Nullable IOException error) {
            ends++;
            return events.closed(connection, error);
        }
    }
}
