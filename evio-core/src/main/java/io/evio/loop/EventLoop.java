package io.evio.loop;

import io.evio.loop.LoopConnection.Phase;
import io.evio.poll.Poller;
import io.evio.sys.Block;
import io.evio.sys.Errno;
import io.evio.sys.ListenOptions;
import io.evio.sys.PeerAddress;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The event loop: one thread, one poller, every connection of a server.
 *
 * <p>Each turn waits for readiness, then serves each ready connection with at most one read, one event and one write, then
 * the connections that were woken, then the tick and what has timed out. Readiness is level-triggered, so whatever a
 * connection's bounded share did not cover is reported again, behind the others.
 *
 * <p>Made and bound on one thread ({@link #listen}), run on another or the same ({@link #run}), asked to stop from any
 * ({@link #stop}). It runs once.
 */
public final class EventLoop {

    private static final long NEVER = Long.MAX_VALUE;

    private final LoopConfig config;
    private final Counters counters;
    private final Poller poller;
    private final Sockets sockets;
    private final Thread thread;
    private final Clock clock = new Clock();
    private final WakeQueue wakes;
    private final FailureLog log;
    private final Handlers handlers;
    private final ConnectionTable connections = new ConnectionTable();
    private final Acceptor acceptor;
    private final InputBuffer input;
    private final ChunkPool chunks;
    private final OutputBuffer out;
    private final Writer writer;
    private final Closer closer;
    private final Timeouts timeouts;
    private final long handlerGraceNanos;

    /** Kept, because a method reference made anew each turn would be garbage. */
    private final Consumer<LoopConnection> expired = this::expired;

    private long tickDelay = TimeUnit.SECONDS.toNanos(1);
    private long nextTick = NEVER;
    private boolean stopping;
    private long stopAt = NEVER;

    /** The grace period of a stop asked for from outside, in nanoseconds; -1 while there is none. */
    private volatile long requestedGrace = -1;

    /**
     * @param thread the thread that will call {@link #run}
     * @param handlerGraceNanos the grace period when an event asks for the shutdown
     */
    public EventLoop(
            LoopConfig config,
            LoopEvents events,
            Counters counters,
            Poller poller,
            Thread thread,
            long handlerGraceNanos) {
        this.config = config;
        this.counters = counters;
        this.poller = poller;
        this.sockets = poller.sockets();
        this.thread = thread;
        this.handlerGraceNanos = handlerGraceNanos;
        this.wakes = new WakeQueue(poller, thread);
        this.log = new FailureLog(config.server());
        this.handlers = new Handlers(events, counters, log, clock);
        this.acceptor = new Acceptor(poller, counters, log, clock);
        this.input = new InputBuffer(sockets.memory(), config.maxPendingInput());
        this.chunks = new ChunkPool(sockets.memory(), counters.writePending);
        this.out = new OutputBuffer(sockets.memory(), chunks, config.maxPendingOutput());
        this.writer = new Writer(sockets, out, handlers, counters, clock, config.maxPendingOutput());
        this.closer = new Closer(poller, connections, input, handlers, clock);
        this.timeouts = new Timeouts(config.idleNanos(), config.drainNanos());
    }

    /**
     * Binds and listens on one more address, before {@link #run} and on any one thread.
     *
     * @return the address with the real port
     * @throws IOException when that fails; the loop is to be {@linkplain #discard discarded} then
     */
    public SocketAddress listen(SocketAddress address, ListenOptions options) throws IOException {
        return acceptor.listen(address, options);
    }

    /** Frees a loop that was never run. */
    public void discard() {
        acceptor.close();
        release();
    }

    /**
     * Runs until an event or {@link #stop} ends it, and frees everything.
     *
     * @param serving called once the {@code serving} event is over
     * @throws IOException when a system call fails that the loop cannot do without
     * @throws RuntimeException what the {@code serving} event threw
     */
    public void run(Runnable serving) throws IOException {
        try {
            handlers.serving();
            serving.run();
            acceptor.begin();
            nextTick = clock.update();
            tick();
            while (!isOver()) {
                int ready = poller.await(timeoutMillis());
                long woke = clock.update();
                for (int i = 0; i < ready && !handlers.shutdownWanted(); i++) {
                    dispatch(poller.token(i), poller.ready(i));
                }
                if (!wakes.isEmpty()) {
                    serveWoken();
                }
                tick();
                timeouts.expire(clock.now(), connections, closer, expired);
                boolean freed = closer.releaseClosed();
                if (acceptor.isPaused()) {
                    resumeAccepting(freed);
                }
                counters.iterations.add(1);
                counters.events.add(ready);
                counters.busyNanos.add(clock.update() - woke);
            }
        } finally {
            acceptor.close();
            connections.forEach(this::cutOff);
            closer.releaseClosed();
            release();
        }
    }

    private void release() {
        input.close();
        out.close();
        chunks.close();
        poller.close();
    }

    /** How long to wait: until the first of all deadlines, rounded up; no time at all while a wake is waiting. */
    private int timeoutMillis() {
        if (!wakes.isEmpty()) {
            return 0;
        }
        long next = Math.min(Math.min(nextTick, stopAt), Math.min(acceptor.resumeAt(), timeouts.next()));
        if (next == NEVER) {
            return -1;
        }
        long millis = (next - clock.now() + 999_999) / 1_000_000;
        return (int) Math.max(0, Math.min(millis, Integer.MAX_VALUE));
    }

    private void dispatch(long token, int ready) throws SystemCallException {
        LoopConnection connection = connections.find(token);
        if (connection != null) {
            try {
                serveReady(connection, ready & connection.interest);
            } catch (OutOfMemoryError e) {
                outOfMemory(connection, e);
            }
        } else if (token == Poller.WAKEUP) {
            wakes.woken();
        } else {
            // Neither of both: an event of this batch that came too late for its connection.
            Listener listener = acceptor.find(token);
            if (listener != null) {
                acceptor.accept(listener, this);
            }
        }
    }

    private void serveReady(LoopConnection connection, int ready) {
        if ((ready & Poller.WRITE) != 0) {
            settle(connection, writer.writePending(connection), Verdict.NONE);
        }
        if ((ready & Poller.READ) != 0) {
            read(connection);
        }
    }

    /** There was none for what this connection needed: its end, and room for the others. */
    private void outOfMemory(LoopConnection connection, OutOfMemoryError cause) {
        out.end();
        out.clear();
        if (connection.phase != Phase.GONE) {
            closer.fail(connection, new IOException("No memory left for " + connection, cause));
        }
    }

    /** A connection was accepted; the handle is this method's to close. */
    void accepted(Listener listener, int handle, PeerAddress peer) {
        SocketAddress local = null;
        LoopConnection connection;
        try {
            if (listener.wildcard()) {
                local = sockets.localAddress(handle);
            }
            connection = new LoopConnection(this, listener, counters.opened.get() + 1, handle, peer, local);
            poller.add(handle, connection.token(), Poller.READ);
        } catch (SystemCallException e) {
            counters.acceptErrors.add(1);
            log.warn("a connection could not be taken", e, clock.now());
            sockets.close(handle);
            return;
        }
        connection.interest = Poller.READ;
        connection.lastActive = clock.now();
        connections.add(connection);
        counters.opened.add(1);
        out.begin(connection, null, null);
        Verdict verdict = handlers.opened(connection, out);
        settle(connection, flush(connection), verdict);
    }

    boolean isFull() {
        return counters.opened.get() - counters.closed.get() - counters.detached.get() >= config.maxConnections();
    }

    private void read(LoopConnection connection) {
        if (connection.phase == Phase.LINGERING) {
            closer.discardInput(connection, out);
            return;
        }
        if (connection.phase != Phase.OPEN || connection.paused) {
            return;
        }
        input.prepare(connection);
        int count = sockets.read(connection.handle, input.block(), input.end(), input.room());
        if (count > 0) {
            counters.received.add(count);
            connection.lastActive = clock.now();
            data(connection, count);
        } else if (count == 0) {
            connection.inputEnded = true;
            settle(connection, null, Verdict.CLOSE);
        } else if (count != -Errno.EAGAIN) {
            closer.fail(connection, new SystemCallException("read", -count));
        }
    }

    /** Fires {@code data} for {@code count} new bytes, behind those left unread before. */
    private void data(LoopConnection connection, int count) {
        Block block = input.block();
        ByteBuffer in = input.present(count);
        out.begin(connection, in, block);
        Verdict verdict = handlers.data(connection, in, out);
        IOException failure = flush(connection);
        // Not before the flush, which may send part of the input from where it lies.
        if (failure == null && !input.keep(connection)) {
            failure = new IOException("The handler leaves more unread of " + connection + " than max-pending-input ("
                    + config.maxPendingInput() + " bytes): the peer sends a frame that is too large, or the limit is"
                    + " too low");
        }
        settle(connection, failure, verdict);
    }

    /** Sends what the event that is now over has written; returns why the connection has failed, or null. */
    private @Nullable IOException flush(LoopConnection connection) {
        IOException overflow = out.end();
        IOException failure = handlers.failure() != null ? handlers.failure() : overflow;
        if (failure != null) {
            out.clear();
            return failure;
        }
        return writer.flush(connection);
    }

    /** Brings a connection that has read or written to where it has to be: failed, ended, or watched for what comes next. */
    private void settle(LoopConnection connection, @Nullable IOException failure, Verdict verdict) {
        if (failure != null) {
            closer.fail(connection, failure);
            return;
        }
        if (connection.phase == Phase.OPEN && (verdict == Verdict.CLOSE || verdict == Verdict.DETACH)) {
            closer.drain(connection, verdict);
            takeSends(connection);
        }
        if (connection.phase == Phase.DRAINING && connection.pending == null) {
            closer.finish(connection);
        } else if (connection.phase == Phase.OPEN || connection.phase == Phase.DRAINING) {
            watch(connection);
        }
    }

    /** Tells the poller what to watch for, when that has changed: reading stops above the high-water mark. */
    private void watch(LoopConnection connection) {
        int unsent = connection.pendingOutput();
        if (unsent > config.highWaterMark()) {
            connection.paused = true;
        } else if (unsent < config.lowWaterMark()) {
            connection.paused = false;
        }
        boolean reads = connection.phase == Phase.OPEN && !connection.paused;
        int wanted = (reads ? Poller.READ : 0) | (unsent > 0 ? Poller.WRITE : 0);
        if (wanted != connection.interest) {
            try {
                poller.modify(connection.handle, connection.token(), wanted);
                connection.interest = wanted;
            } catch (SystemCallException e) {
                closer.fail(connection, e);
            }
        }
    }

    private void serveWoken() {
        LoopConnection next = wakes.takeAll();
        while (next != null) {
            LoopConnection connection = next;
            // Before the requests are taken: from then on it may be pushed again.
            next = connection.nextWoken;
            connection.nextWoken = null;
            try {
                serve(connection, connection.takeRequests());
            } catch (OutOfMemoryError e) {
                outOfMemory(connection, e);
            }
        }
    }

    private void serve(LoopConnection connection, int requests) {
        counters.wakeups.add(1);
        if (connection.phase != Phase.OPEN) {
            return;
        }
        if ((requests & LoopConnection.OVERFLOW) != 0) {
            closer.fail(connection, out.overflow(connection, config.maxPendingOutput() + 1L));
            return;
        }
        if ((requests & LoopConnection.SEND) != 0) {
            takeSends(connection);
        }
        if ((requests & LoopConnection.WAKE) != 0 && connection.phase == Phase.OPEN) {
            input.prepare(connection);
            data(connection, 0);
        }
        if ((requests & LoopConnection.CLOSE) != 0 && connection.phase == Phase.OPEN) {
            settle(connection, null, Verdict.CLOSE);
        }
    }

    /** Sends what other threads gave, in the order they gave it. */
    private void takeSends(LoopConnection connection) {
        LoopConnection.Send send = connection.takeSends();
        if (send == null) {
            return;
        }
        out.begin(connection, null, null);
        IOException overflow;
        try {
            for (; send != null; send = send.older()) {
                out.append(send.bytes(), 0, send.bytes().length);
            }
        } catch (OutputBuffer.Overflow e) {
            // end() says the same.
        } finally {
            overflow = out.end();
        }
        if (overflow != null) {
            out.clear();
        }
        settle(connection, overflow != null ? overflow : writer.flush(connection), Verdict.NONE);
    }

    private void tick() {
        long now = clock.now();
        if (now < nextTick || handlers.shutdownWanted()) {
            return;
        }
        tickDelay = handlers.tick(tickDelay);
        if (tickDelay == NEVER) {
            nextTick = NEVER;
        } else {
            // By the schedule, so that lateness does not add up; a tick that was missed altogether is not made up for.
            long scheduled = nextTick + tickDelay;
            nextTick = scheduled > now ? scheduled : now + tickDelay;
        }
    }

    private void expired(LoopConnection connection) {
        switch (connection.phase) {
            case OPEN -> closer.fail(connection, timeouts.idle(connection));
            case DRAINING -> closer.fail(connection, timeouts.undrained(connection));
            case LINGERING -> closer.close(connection);
            case GONE -> throw new IllegalStateException(connection + " is gone already");
        }
    }

    private void resumeAccepting(boolean freed) throws SystemCallException {
        if (!isFull() && (freed || acceptor.isPausedForRoom() || clock.now() >= acceptor.resumeAt())) {
            acceptor.resume();
        }
    }

    /** Asks the loop to end: pending output may go out within the grace period. From any thread; returns at once. */
    public void stop(long graceNanos) {
        requestedGrace = Math.max(0, graceNanos);
        wakes.notifyLoop();
    }

    private boolean isOver() {
        if (!stopping && (requestedGrace >= 0 || handlers.shutdownWanted())) {
            stopping = true;
            long grace = requestedGrace >= 0 ? requestedGrace : handlerGraceNanos;
            stopAt = clock.now() + grace;
            nextTick = NEVER;
            acceptor.close();
            connections.forEach(connection -> lastWords(connection, grace));
            closer.releaseClosed();
        }
        return stopping && (connections.size() == 0 || clock.now() >= stopAt);
    }

    private void lastWords(LoopConnection connection, long grace) {
        if (connection.pending != null) {
            settle(connection, writer.writePending(connection), Verdict.NONE);
        }
        if (grace > 0) {
            settle(connection, null, Verdict.CLOSE);
        }
    }

    /** The loop is over: the connection ends now, whatever it still has. */
    private void cutOff(LoopConnection connection) {
        if (connection.phase == Phase.OPEN || connection.phase == Phase.DRAINING) {
            closer.end(connection, null);
            closer.shutOutput(connection, out);
        }
        closer.close(connection);
    }

    public void checkThread() {
        if (Thread.currentThread() != thread) {
            throw new IllegalStateException("Only the loop's thread (" + thread.getName() + ") may do this, not "
                    + Thread.currentThread().getName()
                    + ". Connection.wake, send and close may be called from any thread");
        }
    }

    /** The connection with this id, or null when it is gone or never was. From any thread. */
    public @Nullable LoopConnection find(long id) {
        return connections.findById(id);
    }

    LoopConfig config() {
        return config;
    }

    WakeQueue wakes() {
        return wakes;
    }

    Sockets sockets() {
        return sockets;
    }

    InputBuffer input() {
        return input;
    }
}
