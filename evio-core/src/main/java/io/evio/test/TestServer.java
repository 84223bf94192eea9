package io.evio.test;

import io.evio.Address;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Target;
import io.evio.internal.poll.Pollers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;

/**
 * A server in memory: a handler on the real loop, without a socket. Its peers are {@link TestPeer}s. Its clock stands
 * still until {@link #advance} moves it, so that a timeout of minutes is tested in no time.
 *
 * <pre>{@code
 * try (TestServer server = TestServer.start(new Login())) {
 *     TestPeer peer = server.connect();
 *     peer.sendInPieces("HELLO\n", 1, 2).expect("WHO\n");       // cut behind the first byte, and so on
 *     server.advance(Duration.ofSeconds(5));
 *     peer.expect("too late\n").expectEnd();
 * }
 * }</pre>
 *
 * <p>Each call returns when the loop has nothing more to do at that time, so that what has not come by then does not
 * come. Events fire on the loop's thread, as always, and never while the test's own code runs. Work off the loop is
 * over when the call returns if its executor is {@code Runnable::run}.
 *
 * <p>A proxy has its targets played too: an outbound connection to an address of {@link #target} has a {@link TestPeer}
 * as its peer; to any other address it is refused.
 *
 * <pre>{@code
 * TestTarget backend = server.target("tcp://10.0.0.7:8080");
 * TestPeer client = server.connect().send("ping\n");
 * backend.accept().expect("ping\n").send("pong\n");
 * client.expect("pong\n");
 * }</pre>
 *
 * <p>A connection that was detached is a blocking channel as always, whose other end is its peer. Threads of the
 * handler's own that use it are not waited for.
 *
 * <p>For one thread.
 */
public final class TestServer implements AutoCloseable {

    /** The ports that peers come from, by turns. */
    private static final int FIRST_PORT = 49152;

    private static final int LAST_PORT = 65535;

    private final EvioServer server;
    private final MemoryPoller poller;
    private int nextPort = FIRST_PORT;

    private TestServer(EvioServer server, MemoryPoller poller) {
        this.server = server;
        this.poller = poller;
    }

    /** Starts a server with every default. */
    public static TestServer start(EvioHandler handler) throws IOException {
        return start(EvioServer.builder().handler(handler));
    }

    /**
     * Starts a server with the builder's settings, but for its addresses, and on one loop.
     *
     * @throws IllegalArgumentException when the builder has several loops
     * @throws IllegalStateException when the {@code serving} event threw
     */
    public static TestServer start(EvioServer.Builder builder) throws IOException {
        if (builder.addresses().isEmpty()) {
            builder.addresses("tcp://127.0.0.1:1");
        }
        EvioServer server = builder.build();
        if (server.loops() != 1) {
            throw new IllegalArgumentException("A server in memory has one loop, and not " + server.loops());
        }
        MemoryPoller poller = new MemoryPoller();
        Pollers.opening(poller, server::start);
        TestServer started = new TestServer(server, poller);
        poller.act(() -> {});
        return started;
    }

    /** Returns the server itself, such as for its counters. */
    public EvioServer server() {
        return server;
    }

    /** Connects a peer, whose {@code opened} is over then. */
    public TestPeer connect() {
        MemorySocket socket = new MemorySocket(nextPort);
        nextPort = nextPort == LAST_PORT ? FIRST_PORT : nextPort + 1;
        poller.act(() -> poller.memorySockets().connect(socket));
        return new TestPeer(poller, socket);
    }

    /**
     * Listens at an address, for the connections that the server makes itself.
     *
     * @param address as in {@link Target#of}, with numbers and no name, such as {@code tcp://10.0.0.7:8080} or
     *     {@code unix:///run/app.sock}
     * @throws IllegalArgumentException when it is malformed or a name, or has a target already
     */
    public TestTarget target(String address) {
        return target(address, true);
    }

    /**
     * Has connections to an address neither made nor refused, as where packets are lost: they fail by their timeout.
     *
     * @param address see {@link #target}
     */
    public TestTarget silentTarget(String address) {
        return target(address, false);
    }

    private TestTarget target(String text, boolean answers) {
        Address address = Target.of(text).address();
        SocketAddress key = address.isUnix() ? UnixDomainSocketAddress.of(address.path()) : inet(address);
        TestTarget target = new TestTarget(poller, text, key, answers);
        poller.act(() -> poller.memorySockets().listen(key, target));
        return target;
    }

    private static InetSocketAddress inet(Address address) {
        if (!address.host().matches("[\\d.]+|[\\da-fA-F.:]*:[\\da-fA-F.:]*")) {
            throw new IllegalArgumentException(
                    "The target " + address + " is a name, which a server in memory does not look up");
        }
        try {
            return new InetSocketAddress(InetAddress.getByName(address.host()), address.port());
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException("The target " + address + " has no address", e);
        }
    }

    /** Moves the clock: whatever is due until then happens at its time, one after the other. */
    public void advance(Duration duration) {
        poller.advance(duration);
    }

    /** Ends the server at once. */
    @Override
    public void close() {
        server.stop(Duration.ZERO);
    }
}
