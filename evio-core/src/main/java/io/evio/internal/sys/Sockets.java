package io.evio.internal.sys;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The socket calls an event loop makes, on handles that are file descriptors where the system has them.
 *
 * <p>Results are what the man pages say, except that an error is the negated errno instead of -1. Calls that a signal
 * interrupted are made again. One instance belongs to one loop and its thread, except where a method says otherwise.
 */
public interface Sockets {

    /** The most blocks that {@link #gather} takes; far below {@code IOV_MAX}. */
    int MAX_GATHER = 16;

    /** Returns the source of the memory for {@link #read} and {@link #write}. */
    Memory memory();

    /**
     * Makes a non-blocking, close-on-exec socket that listens on the address.
     *
     * @return its handle
     * @throws SystemCallException naming the call that failed; nothing is left open then
     * @throws UnsupportedSystemException when this system or poller has no such sockets
     */
    int listen(SocketAddress address, ListenOptions options) throws SystemCallException;

    /**
     * Returns whether the kernel spreads the connections to one address over several sockets that listen on it with
     * {@code SO_REUSEPORT}. Elsewhere one socket has to take them all.
     */
    boolean spreads(SocketAddress address);

    /** The bytes that the path of a unix socket may have. */
    int maxPath();

    /**
     * Asks whether a server listens on the socket of this file, by connecting to it. From any thread.
     *
     * @throws SystemCallException when it could not even be asked
     */
    SocketFile.Answer answer(SocketAddress unix) throws SystemCallException;

    /**
     * Makes a non-blocking, close-on-exec socket and begins to connect it. Once it is writable, {@link #connectResult}
     * says how that went, also where it went at once: connect(2) is never called again.
     *
     * @param source the address to connect from, its port mostly 0; null for any
     * @param options those of a connection; what only a listener has is ignored
     * @return its handle
     * @throws SystemCallException naming the call that failed; nothing is left open then
     * @throws UnsupportedSystemException when this system or poller has no such sockets
     */
    int connect(SocketAddress target, @Nullable SocketAddress source, ListenOptions options) throws SystemCallException;

    /** Returns 0 when the socket is connected, {@code -EINPROGRESS} while it is not yet, and else the negated errno. */
    int connectResult(int handle);

    /** The address a socket is bound to, with the port the system chose. */
    SocketAddress localAddress(int handle) throws SystemCallException;

    /**
     * Takes one connection, non-blocking and close-on-exec from birth, and leaves its peer's address in {@code peer}.
     */
    int accept(int listener, PeerAddress peer);

    /** Reads at most {@code length} bytes into the block; 0 is the end of input. From any thread. */
    int read(int handle, Block block, int offset, int length);

    /** Writes at most {@code length} bytes of the block. From any thread. */
    int write(int handle, Block block, int offset, int length);

    /** Puts a piece into place {@code index} of the next {@link #writeGathered}. */
    void gather(int index, Block block, int offset, int length);

    /** Writes the first {@code count} pieces that {@link #gather} was given, in one call. */
    int writeGathered(int handle, int count);

    /** Ends our side of the stream: the peer reads the end of input after the last byte written. */
    int shutdownOutput(int handle);

    /** Ends both directions, which also wakes a thread that is blocked on the socket. From any thread. */
    int shutdown(int handle);

    /** Closes the handle. From any thread. */
    int close(int handle);

    /**
     * Takes a handle out of what belongs to the loop alone, for threads that block. Where the JDK makes the calls,
     * reads and writes then block, and a virtual thread holds no carrier meanwhile. System calls would make it hold
     * one, so they go on to return {@code EAGAIN}, and the threads wait by a poller. From any thread.
     */
    int detach(int handle);

    /** Sets {@code TCP_NODELAY}, see tcp(7). */
    int setNoDelay(int handle, boolean on);

    /** Sets {@code SO_KEEPALIVE}; with {@code idleSeconds} above 0 also {@code TCP_KEEPIDLE}, see tcp(7). */
    int setKeepAlive(int handle, boolean on, int idleSeconds);

    /** Has {@link #close} reset a TCP connection instead of ending it, by {@code SO_LINGER}, see socket(7). */
    int resetOnClose(int handle);

    /**
     * Asks for {@code TCP_INFO}, see tcp(7). From any thread.
     *
     * @param into takes the round-trip time and its variation in microseconds, the segments sent again, and the
     *     congestion window
     * @return 0, or {@code -ENOPROTOOPT} where the system does not tell
     */
    int tcpInfo(int handle, long[] into);

    /** Frees what this object holds itself; the handles are their owners' business. */
    void close();
}
