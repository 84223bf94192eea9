package io.evio.internal.net;

import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventLoop;
import io.evio.internal.loop.FailureLog;
import io.evio.internal.loop.LoopGroup;
import io.evio.internal.loop.Source;
import io.evio.internal.poll.Poller;
import io.evio.internal.stream.Streams;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.HandedOverSocket;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.PeerAddress;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The listeners of one loop: binds them, accepts from them, and pauses while there is no descriptor or no room for
 * another connection. While paused, new connections wait in the kernel's backlog and are accepted once one closes.
 */
public final class Acceptor {

    /** Connections accepted per listener per turn, so that a burst of new ones cannot starve the existing ones. */
    private static final int MAX_PER_TURN = 64;

    /** Beyond, no accept seems to succeed, and trying on at once would be a spin. */
    private static final int MAX_FAILURES_IN_A_ROW = 16;

    /** At the end that bound is for a flood only: a backlog of {@value} times as many is taken as a whole. */
    private static final int MAX_LAST_TURNS = 64;

    private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

    private final EventLoop loop;
    private final LoopGroup group;
    private final Sockets sockets;
    private final Counters counters;
    private final FailureLog log;

    /** The streams of every loop of the group, by the loops' indices. */
    private final List<Streams> takers;

    private final PeerAddress peer = new PeerAddress();
    private final List<Listener> listeners = new ArrayList<>();

    /** The one that stands for all where the loop is to be told of something. */
    private volatile @Nullable Listener first;

    private boolean paused;

    /** True while a listener has been woken because there may be room, and has not seen it yet. */
    private final AtomicBoolean roomTold = new AtomicBoolean();

    private long pause = FIRST_PAUSE;
    private int failuresInARow;

    /** @param takers the streams of every loop of the group, by the loops' indices; complete when the loop runs */
    public Acceptor(EventLoop loop, Counters counters, FailureLog log, List<Streams> takers) {
        this.loop = loop;
        this.group = loop.group();
        this.sockets = loop.poller().sockets();
        this.counters = counters;
        this.log = log;
        this.takers = takers;
        group.onRoom(this::room);
    }

    /**
     * Binds and listens on one more address; nothing is accepted before the loop runs.
     *
     * @param index of the address among the server's
     * @param handsOver whether the other loops of the group do not listen on it, and get their share of it from this
     *     one
     * @return the address with the real port
     * @throws IOException when that fails; nothing is left of it then
     */
    public SocketAddress listen(int index, SocketAddress address, ListenOptions options, boolean handsOver)
            throws IOException {
        int handle = address instanceof UnixDomainSocketAddress unix
                ? UnixSocketFile.listen(sockets, unix, options)
                : sockets.listen(address, options);
        try {
            boolean isHandedOver = address instanceof HandedOverSocket;
            SocketAddress bound =
                    isHandedOver || address instanceof InetSocketAddress ? sockets.localAddress(handle) : address;
            boolean wildcard =
                    bound instanceof InetSocketAddress inet && inet.getAddress().isAnyLocalAddress();
            UnixSocketFile file =
                    address instanceof UnixDomainSocketAddress unix ? UnixSocketFile.made(unix.getPath()) : null;
            Listener listener = new Listener(this, index, handle, bound, handsOver, wildcard, isHandedOver, file);
            loop.add(listener);
            listeners.add(listener);
            first = listeners.get(0);
            return bound;
        } catch (IOException e) {
            sockets.close(handle);
            throw e;
        }
    }

    void watch(Listener listener, int interest) throws SystemCallException {
        loop.watch(listener, interest);
    }

    /** Accepts what waits at the listener, up to a bound that only a flood reaches. */
    void acceptWaiting(Listener listener) throws SystemCallException {
        for (int i = 0; i < MAX_LAST_TURNS && accept(listener); i++) {
            // There are more.
        }
    }

    /** Accepts what waits at the listener, as far as there is room; returns whether there may be more. */
    boolean accept(Listener listener) throws SystemCallException {
        for (int i = 0; i < MAX_PER_TURN && !paused; i++) {
            if (!group.reserve()) {
                log.warn(
                        "not accepting",
                        "max-connections (" + group.maxConnections() + ") reached; resumes when a connection closes",
                        loop.clock().now());
                pauseUntil(Source.NEVER);
                return false;
            }
            int handle = sockets.accept(listener.handle(), peer);
            if (handle >= 0) {
                pause = FIRST_PAUSE;
                failuresInARow = 0;
                accepted(listener, handle);
                continue;
            }
            group.release();
            if (handle == -Errno.EAGAIN) {
                return false;
            }
            failed(-handle);
        }
        return !paused;
    }

    private void accepted(Listener listener, int handle) {
        Streams taker = takers.get(listener.handsOver ? group.leastBusy() : loop.index());
        group.assign(taker.loop().index());
        SocketAddress local = listener.wildcard ? null : listener.address;
        if (taker.loop() == loop) {
            taker.accepted(listener.addressIndex, local, handle, peer);
            return;
        }
        Arrival arrival;
        try {
            arrival = new Arrival(taker, listener, local, handle, peer);
        } catch (OutOfMemoryError e) {
            taker.refuse(handle, e);
            return;
        }
        if (!taker.loop().wake(arrival)) {
            taker.drop(handle);
        }
    }

    /**
     * See ERRORS in accept(2): few are the listener's own, some are shortages that pass. The others are those of one
     * connection, of any layer below; but what denies every accept, as a firewall's EPERM may, leaves the connection in
     * the backlog.
     */
    private void failed(int errno) throws SystemCallException {
        SystemCallException failure = new SystemCallException("accept", errno);
        counters.acceptErrors.add(1);
        failuresInARow++;
        if (errno == Errno.EBADF || errno == Errno.ENOTSOCK || errno == Errno.EINVAL || errno == Errno.EFAULT) {
            throw failure;
        }
        boolean shortage =
                errno == Errno.EMFILE || errno == Errno.ENFILE || errno == Errno.ENOBUFS || errno == Errno.ENOMEM;
        if (shortage || failuresInARow > MAX_FAILURES_IN_A_ROW) {
            log.warn(
                    "accepting is paused until a connection closes or the shortage passes",
                    failure,
                    loop.clock().now());
            group.awaitEnd();
            pauseUntil(loop.clock().now() + pause);
            pause = Math.min(pause * 2, LONGEST_PAUSE);
        }
    }

    private void pauseUntil(long time) throws SystemCallException {
        counters.acceptPauses.add(1);
        paused = true;
        for (Listener listener : listeners) {
            loop.watch(listener, 0);
        }
        loop.schedule(listeners.get(0), time);
    }

    /** A connection has ended. From any thread. */
    private void room() {
        Listener first = this.first;
        if (first == null) {
            return;
        }
        if (roomTold.compareAndSet(false, true)) {
            loop.wake(first);
        } else {
            loop.wakeup();
        }
    }

    /** Accepts again, from the next turn on. */
    void resumeIfRoom(Listener listener) throws SystemCallException {
        roomTold.set(false);
        if (!paused) {
            return;
        }
        if (group.isFull()) {
            group.awaitRoom();
            return;
        }
        paused = false;
        loop.schedule(listener, Source.NEVER);
        for (Listener resumed : listeners) {
            loop.watch(resumed, Poller.READ);
        }
    }

    void noMemory(Listener listener, OutOfMemoryError cause) {
        counters.acceptErrors.add(1);
        log.warn(
                "nothing could be accepted on " + listener.address,
                cause,
                loop.clock().now());
    }

    /** Closes a listener and removes its file. */
    void close(Listener listener) {
        if (!listeners.remove(listener)) {
            return;
        }
        if (listener.file != null) {
            try {
                listener.file.remove();
            } catch (IOException e) {
                log.warn(
                        "the file of " + listener.address + " could not be removed",
                        e,
                        loop.clock().now());
            }
        }
        loop.forget(listener);
        // At once: nothing new is to come, and what waits is refused while there is somebody to see it.
        sockets.close(listener.handle());
    }
}
