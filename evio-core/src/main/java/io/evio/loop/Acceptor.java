package io.evio.loop;

import io.evio.poll.Poller;
import io.evio.sys.Errno;
import io.evio.sys.ListenOptions;
import io.evio.sys.PeerAddress;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The listening sockets: binds them, accepts from them, and pauses while there is no descriptor or no room for another connection.
 * Who waits meanwhile is kept by the kernel's backlog, and served as soon as somebody leaves.
 */
final class Acceptor {

    /** Accepted from one listener a turn, so that a crowd at the door does not keep the guests waiting. */
    private static final int MAX_A_TURN = 64;

    /** Beyond, no accept seems to succeed, and trying on at once would be a spin. */
    private static final int MAX_FAILURES_IN_A_ROW = 16;

    /** At the end that bound is for a flood only: a backlog of {@value} times as many is taken as a whole. */
    private static final int MAX_LAST_TURNS = 64;

    private static final long FIRST_PAUSE = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long LONGEST_PAUSE = TimeUnit.SECONDS.toNanos(1);

    private final Poller poller;
    private final Sockets sockets;
    private final LoopGroup group;
    private final EventLoop loop;
    private final Counters counters;
    private final FailureLog log;
    private final Clock clock;
    private final int maxConnections;
    private final PeerAddress peer = new PeerAddress();
    private final List<Listener> listeners = new ArrayList<>();
    private boolean paused;

    /** When to try again by itself; {@link Long#MAX_VALUE} when only a connection that leaves can help, or not paused. */
    private long resumeAt = Long.MAX_VALUE;

    private long pause = FIRST_PAUSE;

    private int failuresInARow;

    /** @param maxConnections for who reads the log; the group knows when there is no room */
    Acceptor(
            Poller poller,
            LoopGroup group,
            EventLoop loop,
            Counters counters,
            FailureLog log,
            Clock clock,
            int maxConnections) {
        this.poller = poller;
        this.sockets = poller.sockets();
        this.group = group;
        this.loop = loop;
        this.counters = counters;
        this.log = log;
        this.clock = clock;
        this.maxConnections = maxConnections;
    }

    /**
     * Binds and listens on one more address; nothing is accepted before {@link #begin}.
     *
     * @param index of the address among the server's
     * @param handsOver see {@link Listener}
     */
    SocketAddress listen(int index, SocketAddress address, ListenOptions options, boolean handsOver)
            throws IOException {
        int handle = address instanceof UnixDomainSocketAddress unix
                ? UnixSocketFile.listen(sockets, unix, options)
                : sockets.listen(address, options);
        try {
            Listener listener = bound(index, handle, address, handsOver);
            listeners.add(listener);
            return listener.address();
        } catch (IOException e) {
            sockets.close(handle);
            throw e;
        }
    }

    private Listener bound(int index, int handle, SocketAddress address, boolean handsOver) throws IOException {
        if (address instanceof InetSocketAddress) {
            InetSocketAddress real = (InetSocketAddress) sockets.localAddress(handle);
            return new Listener(
                    index, handle, real, handsOver, real.getAddress().isAnyLocalAddress(), null);
        }
        UnixSocketFile file =
                address instanceof UnixDomainSocketAddress unix ? UnixSocketFile.made(unix.getPath()) : null;
        return new Listener(index, handle, address, handsOver, false, file);
    }

    void begin() throws SystemCallException {
        for (Listener listener : listeners) {
            poller.add(listener.handle(), listener.handle(), Poller.READ);
        }
    }

    /** The listener of an event, or null when it is none of ours. */
    @Nullable
    Listener find(long token) {
        for (Listener listener : listeners) {
            if (listener.handle() == token) {
                return listener;
            }
        }
        return null;
    }

    /** Accepts everybody who waits, before an orderly end: closing a listener resets them. */
    void acceptWaiting(ConnectionFlow flow) throws SystemCallException {
        for (Listener listener : listeners) {
            for (int i = 0; i < MAX_LAST_TURNS && accept(listener, flow); i++) {
                // There are more.
            }
        }
    }

    /** Accepts who waits at the listener, as far as there is room; returns whether there may be more of them. */
    boolean accept(Listener listener, ConnectionFlow flow) throws SystemCallException {
        for (int i = 0; i < MAX_A_TURN && !paused; i++) {
            if (!group.takeSeat()) {
                log.warn(
                        "accepting is paused until a connection leaves",
                        "there are as many as max-connections (" + maxConnections + ")",
                        clock.now());
                pauseUntil(Long.MAX_VALUE);
                return false;
            }
            int handle = sockets.accept(listener.handle(), peer);
            if (handle >= 0) {
                pause = FIRST_PAUSE;
                failuresInARow = 0;
                seat(listener, handle, flow);
                continue;
            }
            group.giveSeat();
            if (handle == -Errno.EAGAIN) {
                return false;
            }
            failed(-handle);
        }
        return !paused;
    }

    private void seat(Listener listener, int handle, ConnectionFlow flow) {
        EventLoop taker = listener.handsOver() ? group.leastBusy() : loop;
        group.seat(taker.index());
        if (taker == loop) {
            flow.accepted(listener, handle, peer);
            return;
        }
        Arrivals.Arrival arrival;
        try {
            arrival = new Arrivals.Arrival(listener, handle, peer.copy());
        } catch (OutOfMemoryError e) {
            flow.refused(handle, taker.index(), e);
            return;
        }
        taker.handOver(arrival);
    }

    /**
     * See ERRORS in accept(2): few are the listener's own, some are shortages that pass. The others are those of one connection, of any
     * layer below; but what denies every accept, as a firewall's EPERM may, leaves the connection in the backlog.
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
            log.warn("accepting is paused until a connection leaves or the shortage passes", failure, clock.now());
            pauseUntil(clock.now() + pause);
            pause = Math.min(pause * 2, LONGEST_PAUSE);
        }
    }

    private void pauseUntil(long time) throws SystemCallException {
        counters.acceptPauses.add(1);
        paused = true;
        resumeAt = time;
        for (Listener listener : listeners) {
            poller.modify(listener.handle(), listener.handle(), 0);
        }
    }

    /** When {@link #resume} is due; {@link Long#MAX_VALUE} for never. */
    long resumeAt() {
        return resumeAt;
    }

    boolean isPaused() {
        return paused;
    }

    /** Whether it is paused by the limit of connections, and not by a shortage of the system. */
    boolean isPausedForRoom() {
        return paused && resumeAt == Long.MAX_VALUE;
    }

    /** There may be room again: accepts from the next turn on. */
    void resume() throws SystemCallException {
        paused = false;
        resumeAt = Long.MAX_VALUE;
        for (Listener listener : listeners) {
            poller.modify(listener.handle(), listener.handle(), Poller.READ);
        }
    }

    /** Closes all listeners and removes their files. */
    void close() {
        for (Listener listener : listeners) {
            if (listener.file() != null) {
                try {
                    listener.file().remove();
                } catch (IOException e) {
                    log.warn("the file of " + listener.address() + " could not be removed", e, clock.now());
                }
            }
            sockets.close(listener.handle());
        }
        listeners.clear();
        paused = false;
        resumeAt = Long.MAX_VALUE;
    }
}
