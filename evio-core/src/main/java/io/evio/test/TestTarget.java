package io.evio.test;

import io.evio.internal.sys.Errno;
import java.net.SocketAddress;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * An address that a {@link TestServer} connects to: {@link TestServer#target}. The test plays what listens there, and
 * the peer of each connection.
 */
public final class TestTarget implements AutoCloseable {

    private final MemoryPoller poller;
    private final String text;
    private final SocketAddress address;
    private final boolean answers;

    /** Those that nobody has taken yet. */
    private final Deque<MemorySocket> backlog = new ArrayDeque<>();

    TestTarget(MemoryPoller poller, String text, SocketAddress address, boolean answers) {
        this.poller = poller;
        this.text = text;
        this.address = address;
        this.answers = answers;
    }

    /** One has begun to connect. */
    void arrives(MemorySocket socket) {
        if (answers) {
            backlog.add(socket);
        } else {
            socket.connect(-Errno.EINPROGRESS);
        }
    }

    /**
     * Returns the peer of the next connection that was made to this address. It was accepted when it was made, as a
     * kernel does it.
     *
     * @throws AssertionError when there is none
     */
    public TestPeer accept() {
        MemorySocket[] next = new MemorySocket[1];
        poller.act(() -> next[0] = backlog.poll());
        if (next[0] == null) {
            throw new AssertionError("Expected a connection to " + text + "\n but came none");
        }
        return new TestPeer(poller, next[0]);
    }

    /** Returns how many connections were made that were not {@linkplain #accept taken} yet. */
    public int waiting() {
        int[] count = new int[1];
        poller.act(() -> count[0] = backlog.size());
        return count[0];
    }

    /** Listens no more: connections to it are refused. Those that are made go on. */
    @Override
    public void close() {
        poller.act(() -> poller.memorySockets().unlisten(address));
    }

    /** Returns the address as it was given. */
    @Override
    public String toString() {
        return text;
    }
}
