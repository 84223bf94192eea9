package io.evio.internal.net;

import io.evio.internal.loop.EventLoop;
import io.evio.internal.loop.Source;
import io.evio.internal.poll.Poller;
import io.evio.internal.stream.Stream;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.UnsupportedSystemException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An outbound connection until it is made: looks the name up, then tries the addresses one after the other, each a
 * while after the last or as soon as that one has failed (RFC 8305, 5). The first that connects wins.
 */
final class Connecting extends Source implements Stream.Dialing {

    /** The time that an address has before the next one is tried beside it (RFC 8305, 8). */
    private static final long STAGGER = TimeUnit.MILLISECONDS.toNanos(250);

    /** The pause before another attempt when a unix socket's backlog is full: the kernel does not report room. */
    private static final long FULL_BACKLOG = TimeUnit.MILLISECONDS.toNanos(20);

    private final Connector connector;
    private final EventLoop loop;
    private final Stream stream;
    private final Destination to;
    private final long dueAt;
    private final List<Attempt> attempts = new ArrayList<>();

    /** The addresses of the name, or the reason that it has none. Written by the thread that has looked it up. */
    private volatile @Nullable List<SocketAddress> addresses;

    private volatile @Nullable IOException unknown;

    /** The next address to try. */
    private int next;

    private long nextAt = NEVER;
    private @Nullable IOException lastFailure;
    private boolean over;

    Connecting(Connector connector, Stream stream, Destination to) {
        super(0, -1);
        this.connector = connector;
        this.loop = connector.loop();
        this.stream = stream;
        this.to = to;
        this.dueAt = to.timeoutNanos() == 0 ? NEVER : loop.clock().read() + to.timeoutNanos();
    }

    /** Looks the name up, or goes on without it. */
    void start() {
        loop.schedule(this, dueAt);
        if (to.isLiteral()) {
            resolve();
            return;
        }
        try {
            connector.names().execute(this::resolve);
        } catch (RejectedExecutionException e) {
            unknown = new IOException(this + " cannot be made: its name cannot be looked up now", e);
            loop.wake(this);
        }
    }

    /** Fails for this reason, in a later turn. */
    void refuse(IOException why) {
        unknown = why;
        loop.wake(this);
    }

    /** From any thread. */
    private void resolve() {
        try {
            addresses = to.resolver().resolve();
        } catch (IOException e) {
            unknown = e;
        } catch (RuntimeException | Error e) {
            unknown = new IOException(this + " cannot be made: " + e, e);
        }
        loop.wake(this);
    }

    @Override
    protected void woken() {
        IOException failure = unknown;
        if (failure != null) {
            fail(failure);
        } else {
            tryNext();
        }
    }

    /** Tries the next address, and those after it as long as they fail at once. */
    private void tryNext() {
        List<SocketAddress> known = addresses;
        while (!over && known != null && next < known.size()) {
            SocketAddress address = known.get(next++);
            try {
                attempts.add(Attempt.begin(this, loop, address, to.source(), connector.options()));
                nextAt = next < known.size() ? loop.clock().read() + STAGGER : NEVER;
                schedule();
                return;
            } catch (SystemCallException e) {
                if (e.errno() == Errno.EAGAIN) {
                    next--;
                    nextAt = loop.clock().read() + FULL_BACKLOG;
                    schedule();
                    return;
                }
                lastFailure = e;
            } catch (UnsupportedSystemException e) {
                lastFailure = new IOException(e.getMessage(), e);
            }
        }
        if (!over && attempts.isEmpty()) {
            IOException failure = lastFailure;
            fail(failure == null ? new IOException(this + " has no address") : describe(failure));
        } else if (!over) {
            nextAt = NEVER;
            schedule();
        }
    }

    private IOException describe(IOException failure) {
        return new IOException(this + " could not be made: " + failure.getMessage(), failure);
    }

    private void schedule() {
        loop.schedule(this, Math.min(dueAt, nextAt));
    }

    @Override
    protected void expired() {
        long now = loop.clock().now();
        if (now >= dueAt) {
            IOException failure = lastFailure;
            IOException timeout = new SocketTimeoutException(this + " was not made within its timeout ("
                    + TimeUnit.NANOSECONDS.toMillis(to.timeoutNanos()) + " ms)"
                    + (failure == null ? "" : "; the last address that failed: " + failure.getMessage()));
            timeout.initCause(failure);
            fail(timeout);
        } else if (now >= nextAt) {
            nextAt = NEVER;
            tryNext();
        } else {
            schedule();
        }
    }

    /** An attempt has failed, and its socket is closed. */
    void failed(Attempt attempt, SystemCallException cause) {
        attempts.remove(attempt);
        lastFailure = cause;
        tryNext();
    }

    /** An attempt has connected: its socket is the stream's, if that can use it. */
    void connected(Attempt attempt, int handle, SocketAddress local) {
        attempts.remove(attempt);
        finish();
        stream.connected(handle, local);
    }

    void fail(IOException cause) {
        if (!over) {
            finish();
            stream.notConnected(cause);
        }
    }

    /** Ends every other attempt. */
    private void finish() {
        over = true;
        for (Attempt attempt : attempts) {
            attempt.close();
        }
        attempts.clear();
        loop.schedule(this, NEVER);
        connector.over(this);
    }

    @Override
    public void cancel() {
        if (!over) {
            finish();
        }
    }

    @Override
    protected void failed(OutOfMemoryError cause) {
        fail(new IOException("No memory left for " + this, cause));
    }

    @Override
    protected void cutOff(@Nullable IOException cause) {
        // The connector ends it.
    }

    @Override
    public String toString() {
        return stream + " to " + to.text();
    }

    /** One address that is being tried. */
    static final class Attempt extends Source {

        private final Connecting connecting;
        private final EventLoop loop;
        private final SocketAddress address;

        private Attempt(Connecting connecting, EventLoop loop, SocketAddress address, int handle) {
            super(0, handle);
            this.connecting = connecting;
            this.loop = loop;
            this.address = address;
        }

        static Attempt begin(
                Connecting connecting,
                EventLoop loop,
                SocketAddress address,
                @Nullable SocketAddress source,
                ListenOptions options)
                throws SystemCallException {
            int handle = loop.poller().sockets().connect(address, source, options);
            Attempt attempt = new Attempt(connecting, loop, address, handle);
            try {
                loop.watch(attempt, Poller.WRITE);
                loop.add(attempt);
                return attempt;
            } catch (SystemCallException | OutOfMemoryError e) {
                loop.poller().sockets().close(handle);
                throw e;
            }
        }

        @Override
        protected void ready(int ready) {
            int result = loop.poller().sockets().connectResult(handle());
            if (result == -Errno.EINPROGRESS) {
                return;
            }
            if (result == 0) {
                connected();
            } else {
                failed(new SystemCallException("connect", -result));
            }
        }

        private void connected() {
            try {
                SocketAddress local = loop.poller().sockets().localAddress(handle());
                if (local instanceof InetSocketAddress && local.equals(address)) {
                    // Where nobody listens, a port of the range that connect(2) takes its own from may meet itself.
                    failed(new SystemCallException("connect", Errno.ECONNREFUSED));
                    return;
                }
                loop.watch(this, 0);
                loop.forget(this);
                connecting.connected(this, handle(), local);
            } catch (SystemCallException e) {
                failed(e);
            }
        }

        private void failed(SystemCallException cause) {
            close();
            connecting.failed(this, cause);
        }

        void close() {
            loop.close(this);
        }

        @Override
        protected void failed(OutOfMemoryError cause) {
            close();
            connecting.failed(cause);
        }

        @Override
        protected void cutOff(@Nullable IOException cause) {
            close();
        }
    }
}
