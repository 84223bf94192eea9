package io.evio.loop;

import io.evio.poll.Poller;
import io.evio.sys.ListenOptions;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The event loop: one thread, one poller, and every connection of a server, or its share of them where a server has several
 * loops.
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

    /** Reads of a connection when the server is asked to stop: 1 MiB, so that one that never ceases to send does not hold it up. */
    private static final byte LAST_READS = 16;

    private final LoopConfig config;
    private final LoopGroup group;
    private final int index;
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
    private final Arrivals arrivals;
    private final IdleMemory idleMemory;
    private final InputBuffer input;
    private final ChunkPool chunks;
    private final OutputBuffer out;
    private final Closer closer;
    private final ConnectionFlow flow;
    private final Ticks ticks;
    private final Timeouts timeouts;
    private final long handlerGraceNanos;

    /** Kept, because a method reference made anew each turn would be garbage. */
    private final Consumer<LoopConnection> expired;

    /** Written by the loop's thread alone. */
    private volatile boolean stopping;

    private long stopAt = NEVER;

    /** When the stop has taken so long that an operator is to know of it. */
    private long slowStopAt = NEVER;

    /** The shortest grace period asked for from outside and not yet seen, in nanoseconds; -1 when there is none. */
    private final AtomicLong requestedGrace = new AtomicLong(-1);

    /**
     * @param group the loops of the server, which this one joins
     * @param counters this loop's own
     * @param thread the thread that will call {@link #run}
     * @param handlerGraceNanos the grace period when an event asks for the shutdown
     */
    public EventLoop(
            LoopConfig config,
            LoopGroup group,
            LoopEvents events,
            Counters counters,
            Poller poller,
            Thread thread,
            long handlerGraceNanos) {
        this.config = config;
        this.group = group;
        this.index = group.join(this);
        this.counters = counters;
        this.poller = poller;
        this.sockets = poller.sockets();
        this.thread = thread;
        this.handlerGraceNanos = handlerGraceNanos;
        this.wakes = new WakeQueue(poller, thread);
        this.log = new FailureLog(config.server());
        this.handlers = new Handlers(events, counters, log, clock);
        this.acceptor = new Acceptor(poller, group, this, counters, log, clock, config.maxConnections());
        this.arrivals = new Arrivals(sockets, () -> group.leave(index));
        this.idleMemory = new IdleMemory(events::silent);
        this.input = new InputBuffer(sockets.memory(), idleMemory, counters.pendingMemory, config.maxPendingInput());
        this.chunks = new ChunkPool(sockets.memory(), counters);
        this.out = new OutputBuffer(sockets.memory(), chunks, config.maxPendingOutput(), thread);
        this.closer = new Closer(
                config.maxPendingTotal(),
                group.size(),
                poller,
                () -> group.leave(index),
                connections,
                input,
                handlers,
                clock,
                counters,
                log);
        Admission admission = new Admission(this, group, counters, poller, clock, log, connections);
        this.flow = new ConnectionFlow(config, counters, sockets, clock, handlers, admission, input, out, closer);
        this.ticks = new Ticks(handlers);
        this.timeouts = new Timeouts(config.idleNanos(), config.drainNanos());
        this.expired = connection -> flow.expired(connection, timeouts);
    }

    /**
     * Binds and listens on one more address, before {@link #run} and on any one thread.
     *
     * @param address the next one of the server
     * @param handsOver whether the other loops of the group do not listen on it, and get their share of it from this one
     * @return the address with the real port
     * @throws IOException when that fails; the loop is to be {@linkplain #discard discarded} then
     */
    public SocketAddress listen(int addressIndex, SocketAddress address, ListenOptions options, boolean handsOver)
            throws IOException {
        return acceptor.listen(addressIndex, address, options, handsOver);
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
        IOException failure = null;
        try {
            acceptor.begin();
            handlers.serving();
            serving.run();
            ticks.begin(clock.update());
            ticks.fire(clock.now());
            while (!isOver()) {
                int ready = await();
                long woke = clock.update();
                counters.turnBegan.set(clock.nanoTime());
                for (int i = 0; i < ready && (stopping || !handlers.shutdownWanted()); i++) {
                    dispatch(poller.token(i), poller.ready(i));
                }
                if (!arrivals.isEmpty()) {
                    takeArrivals();
                }
                if (!wakes.isEmpty()) {
                    serveWoken();
                }
                ticks.fire(clock.now());
                timeouts.expire(clock.now(), connections, expired);
                idleMemory.release(clock.now());
                if (clock.now() >= slowStopAt) {
                    slowStopAt = NEVER;
                    group.stopIsSlow(config.server());
                }
                boolean freed = closer.releaseClosed();
                if (acceptor.isPaused()) {
                    resumeAccepting(freed);
                }
                counters.iterations.add(1);
                counters.events.add(ready);
                counters.busyNanos.add(clock.update() - woke);
                counters.turnBegan.set(Counters.WAITING);
            }
        } catch (IOException | RuntimeException | Error e) {
            failure = new IOException("The server's loop has failed: " + e.getMessage(), e);
            throw e;
        } finally {
            IOException cause = failure;
            counters.turnBegan.set(Counters.WAITING);
            acceptor.close();
            arrivals.close();
            connections.forEach(connection -> flow.cutOff(connection, cause));
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

    /** Waits for what comes next; looks for it without sleeping first, when the configuration has time to spend on that. */
    private int await() throws SystemCallException {
        int timeout = timeoutMillis();
        if (config.busyPollNanos() > 0 && timeout != 0) {
            long spin = config.busyPollNanos();
            if (timeout > 0) {
                spin = Math.min(spin, timeout * 1_000_000L);
            }
            long began = System.nanoTime();
            do {
                int ready = poller.await(0);
                if (ready > 0) {
                    return ready;
                }
                Thread.onSpinWait();
            } while (System.nanoTime() - began < spin);
            clock.update();
            timeout = timeoutMillis();
        }
        return poller.await(timeout);
    }

    /** How long to wait: until the first of all deadlines, rounded up; no time at all while a wake is waiting. */
    private int timeoutMillis() {
        long next = Math.min(Math.min(ticks.next(), stopAt), acceptor.resumeAt());
        // Asked before every wait, also before one of no time: a handler may wake a connection in every turn.
        next = Math.min(next, timeouts.next(clock.now(), connections, closer));
        next = Math.min(next, idleMemory.next(clock.now()));
        next = Math.min(next, slowStopAt);
        if (!wakes.isEmpty()) {
            return 0;
        }
        if (next == NEVER) {
            return -1;
        }
        long millis = (next - clock.now() + 999_999) / 1_000_000;
        return (int) Math.max(0, Math.min(millis, Integer.MAX_VALUE));
    }

    /** Something that a connection asked for failed, and it can do without. */
    void warn(String what, SystemCallException failure) {
        log.warn(what, failure, clock.now());
    }

    private void dispatch(long token, int ready) throws SystemCallException {
        LoopConnection connection = connections.find(token);
        if (connection != null) {
            try {
                flow.ready(connection, ready & connection.interest);
            } catch (OutOfMemoryError e) {
                flow.outOfMemory(connection, e);
            }
        } else if (token == Poller.WAKEUP) {
            wakes.woken();
        } else {
            // Neither of both: an event of this batch that came too late for its connection.
            Listener listener = acceptor.find(token);
            if (listener != null) {
                acceptor.accept(listener, flow);
            }
        }
    }

    private void takeArrivals() {
        for (Arrivals.Arrival next = arrivals.poll(); next != null; next = arrivals.poll()) {
            flow.accepted(next.listener(), next.handle(), next.peer());
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
                flow.woken(connection, connection.takeRequests());
            } catch (OutOfMemoryError e) {
                flow.outOfMemory(connection, e);
            }
        }
    }

    private void resumeAccepting(boolean freed) throws SystemCallException {
        if (!group.isFull() && (freed || acceptor.isPausedForRoom() || clock.now() >= acceptor.resumeAt())) {
            acceptor.resume();
        }
    }

    /**
     * Asks the loop to end: pending output may go out within the grace period, or what is left of an earlier one if that
     * is shorter. From any thread; returns at once.
     */
    public void stop(long graceNanos) {
        requestedGrace.accumulateAndGet(
                Math.max(0, graceNanos), (before, now) -> before < 0 ? now : Math.min(before, now));
        wakes.notifyLoop();
    }

    /** Whether the end has begun. From any thread. */
    public boolean isStopping() {
        return stopping;
    }

    private boolean isOver() throws SystemCallException {
        if (requestedGrace.get() >= 0) {
            endWithin(requestedGrace.getAndSet(-1), LAST_READS);
        } else if (!stopping && handlers.shutdownWanted()) {
            endWithin(handlerGraceNanos, (byte) 0);
            group.stop(handlerGraceNanos);
        }
        return stopping && (connections.size() == 0 || clock.now() >= stopAt);
    }

    /**
     * Begins the end; or, when it has begun, makes it come sooner.
     *
     * @param lastReads of each connection, when there is a grace period: what had arrived by now is answered
     */
    private void endWithin(long grace, byte lastReads) throws SystemCallException {
        stopAt = Math.min(stopAt, clock.now() + grace);
        if (!stopping) {
            stopping = true;
            slowStopAt = clock.now() + LoopGroup.SLOW_STOP_NANOS;
            ticks.end();
            if (grace > 0 && lastReads > 0) {
                acceptor.acceptWaiting(flow);
                takeArrivals();
            }
            acceptor.close();
            arrivals.close();
            connections.forEach(connection -> {
                if (grace == 0 || clock.update() < stopAt) {
                    flow.lastWords(connection, grace, lastReads);
                }
            });
            closer.releaseClosed();
        }
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

    /** The connections with the smallest ids above {@code after}, by id, and not more than {@code limit}. From any thread. */
    public List<LoopConnection> connections(long after, int limit) {
        return connections.page(after, limit);
    }

    /** Takes a connection that another loop of the group has accepted, with its seat. From any thread. */
    void handOver(Arrivals.Arrival arrival) {
        arrivals.add(arrival);
        wakes.notifyLoop();
    }

    /** Has the loop look at what it waits for. From any thread. */
    void wakeup() {
        wakes.notifyLoop();
    }

    /** How many connections it has, those included that only wait for their peer to end its side. From any thread. */
    int connectionCount() {
        return connections.size();
    }

    /** The number of this loop in its group, from 0. */
    int index() {
        return index;
    }

    /** The id of the next connection: each loop of a group has its own, so that the id says whose the connection is. */
    long nextId() {
        return counters.opened.get() * group.size() + index + 1;
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

    IdleMemory idleMemory() {
        return idleMemory;
    }

    OutputBuffer out() {
        return out;
    }
}
