package io.evio.internal.poll;

import io.evio.internal.sys.Errno;
import io.evio.internal.sys.NioSockets;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@link Poller} over {@link Selector}, woken through {@link Selector#wakeup}: plain Java, for where no native calls
 * can be made.
 *
 * <p>Waits and events leave no garbage here; what the JDK makes of them is its own. A handle that was closed is let go
 * by the next wait, as selectors do it.
 */
final class NioPoller implements Poller {

    private static final int ACCEPT_OR_READ = SelectionKey.OP_ACCEPT | SelectionKey.OP_READ;
    private static final int WRITE_OR_CONNECT = SelectionKey.OP_WRITE | SelectionKey.OP_CONNECT;

    /** The holder of the token of a key's events. */
    private static final class Watch {
        long token;
    }

    private final Selector selector;
    private final NioSockets sockets;

    /** By handle; a key that is invalid is that of a channel closed or detached, and the handle another's by now. */
    private @Nullable SelectionKey[] keys = new @Nullable SelectionKey[64];

    private long[] tokens = new long[64];
    private int[] readiness = new int[64];
    private int count;

    /** Kept, because a method reference made anew each turn would be garbage. */
    private final Consumer<SelectionKey> collect = this::collect;

    /** {@link #wakeup} was called, and {@link #woken} not yet. The selector forgets it at any look, this does not. */
    private volatile boolean wakeupWanted;

    NioPoller() throws SystemCallException {
        try {
            this.selector = Selector.open();
        } catch (IOException e) {
            throw NioSockets.failure("open", e);
        }
        try {
            this.sockets = new NioSockets(selector);
        } catch (SystemCallException e) {
            closeSelector();
            throw e;
        }
    }

    @Override
    public String name() {
        return "nio";
    }

    @Override
    public Sockets sockets() {
        return sockets;
    }

    @Override
    public void add(int handle, long token, int interest) throws SystemCallException {
        if (find(handle) != null) {
            modify(handle, token, interest);
            return;
        }
        SelectableChannel channel = sockets.channel(handle);
        if (channel == null) {
            throw new SystemCallException("register", Errno.EBADF);
        }
        Watch watch = new Watch();
        watch.token = token;
        if (handle >= keys.length) {
            keys = Arrays.copyOf(keys, Math.max(handle + 1, keys.length * 2));
        }
        try {
            keys[handle] = channel.register(selector, operations(channel, interest), watch);
        } catch (ClosedChannelException e) {
            throw NioSockets.failure("register", e);
        }
    }

    @Override
    public void modify(int handle, long token, int interest) throws SystemCallException {
        SelectionKey key = find(handle);
        if (key == null) {
            throw new SystemCallException("register", Errno.ENOENT);
        }
        ((Watch) key.attachment()).token = token;
        key.interestOps(operations(key.channel(), interest));
    }

    /** The key stays, wanting nothing: cancelled, it would stand in the way of a new one until the next wait. */
    @Override
    public void remove(int handle) throws SystemCallException {
        modify(handle, 0, 0);
    }

    private @Nullable SelectionKey find(int handle) {
        SelectionKey key = handle < keys.length ? keys[handle] : null;
        return key != null && key.isValid() ? key : null;
    }

    private static int operations(SelectableChannel channel, int interest) {
        return ((interest & READ) != 0 ? ACCEPT_OR_READ & channel.validOps() : 0)
                | ((interest & WRITE) != 0 ? writing(channel) : 0);
    }

    /** A socket that is not connected yet becomes writable once it is. */
    private static int writing(SelectableChannel channel) {
        return channel instanceof SocketChannel socket && socket.isConnectionPending()
                ? SelectionKey.OP_CONNECT
                : SelectionKey.OP_WRITE;
    }

    @Override
    public int await(int timeoutMillis) throws SystemCallException {
        count = 0;
        // A selector does not wait in an interrupted thread. The interrupt is the handler's business, not the loop's.
        boolean interrupted = Thread.interrupted();
        try {
            if (timeoutMillis == 0 || wakeupWanted) {
                selector.selectNow(collect);
            } else {
                selector.select(collect, Math.max(timeoutMillis, 0)); // here 0 is without end
            }
        } catch (IOException e) {
            throw NioSockets.failure("select", e);
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        if (wakeupWanted) {
            event(WAKEUP, READ);
        }
        return count;
    }

    private void collect(SelectionKey key) {
        int ready = key.readyOps();
        event(
                ((Watch) key.attachment()).token,
                ((ready & ACCEPT_OR_READ) != 0 ? READ : 0) | ((ready & WRITE_OR_CONNECT) != 0 ? WRITE : 0));
    }

    private void event(long token, int ready) {
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, count * 2);
            readiness = Arrays.copyOf(readiness, count * 2);
        }
        tokens[count] = token;
        readiness[count++] = ready;
    }

    @Override
    public long token(int index) {
        return tokens[index];
    }

    @Override
    public int ready(int index) {
        return readiness[index];
    }

    @Override
    public void wakeup() {
        wakeupWanted = true;
        try {
            selector.wakeup();
        } catch (InternalError e) {
            // What the JDK makes of a write that fails.
            if (e.getCause() instanceof IOException cause) {
                throw new UncheckedIOException("The loop could not be woken", cause);
            }
            throw e;
        }
    }

    @Override
    public void woken() {
        wakeupWanted = false;
    }

    @Override
    public void close() {
        closeSelector();
        sockets.close();
    }

    private void closeSelector() {
        try {
            selector.close();
        } catch (IOException e) {
            throw new UncheckedIOException("The selector does not close", e);
        }
    }
}
