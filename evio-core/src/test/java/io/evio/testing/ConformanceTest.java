package io.evio.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Address;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.PollerType;
import io.evio.internal.sys.Memory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;

/**
 * The base of every test that a poller has to pass: run once for each, with real sockets. What a test starts or
 * connects through it is stopped and closed after it.
 */
@EveryPoller
@Timeout(60)
public abstract class ConformanceTest {

    /** For tests of which the kind of socket does not matter. */
    protected static final String ANY_PORT = "tcp://127.0.0.1:0";

    /** The name of the poller to test, one of {@link io.evio.internal.poll.Pollers#NAMES}. */
    @Parameter
    protected String poller;

    @TempDir
    protected Path folder;

    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    /** Returns whether the poller under test is plain Java, without the system's own calls. */
    protected boolean isNio() {
        return poller.equals("nio");
    }

    /** A builder over the poller under test. */
    protected EvioServer.Builder builder(EvioHandler handler, String... addresses) {
        return ScramblingLayer.over(EvioServer.builder())
                .poller(PollerType.of(poller))
                .name("test")
                .handler(handler)
                .addresses(addresses);
    }

    /** Starts a server with every default. */
    protected EvioServer start(EvioHandler handler, String... addresses) throws IOException {
        return start(builder(handler, addresses));
    }

    protected EvioServer start(EvioServer.Builder builder) throws IOException {
        EvioServer server = stopAfterwards(builder.build());
        server.start();
        return server;
    }

    /** A server that is stopped after the test, if it is running then. */
    protected EvioServer stopAfterwards(EvioServer server) {
        closeAfterwards(() -> {
            if (!server.stop(Duration.ZERO)) {
                throw new AssertionError("The server does not stop");
            }
        });
        return server;
    }

    /** Connects to the server's first address. */
    protected Client connect(EvioServer server) throws IOException {
        return connect(server.addresses().get(0));
    }

    protected Client connect(Address address) throws IOException {
        return closeAfterwards(Client.connect(address));
    }

    /** Connects over a small receive buffer, so that the server's output soon stays pending. */
    protected Client connectSlowReader(EvioServer server) throws IOException {
        return closeAfterwards(Client.connect(server.addresses().get(0), 4096));
    }

    protected <T extends AutoCloseable> T closeAfterwards(T resource) {
        synchronized (opened) {
            opened.push(resource);
        }
        return resource;
    }

    /** The thread of a running server's loop. */
    protected static Thread loopThread(EvioServer server) {
        return Eventually.present(
                "loop thread of " + server.name(),
                () -> Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().equals("evio-" + server.name()))
                        .findFirst());
    }

    @BeforeEach
    final void beginLayers(TestInfo test) {
        ScramblingLayer.begin(test.getDisplayName());
    }

    @AfterEach
    final void closeAll() throws Exception {
        Throwable first = null;
        AutoCloseable next;
        while ((next = pop()) != null) {
            try {
                next.close();
            } catch (Exception | AssertionError e) {
                first = first == null ? e : first;
            }
        }
        if (first != null) {
            throw new AssertionError("Not everything could be closed", first);
        }
        assertThat(Memory.violations())
                .as("what memory in debug mode has found")
                .isEmpty();
        if (Memory.allocatedBytes() != 0) {
            // The poller of detached connections is closed by its own thread, a moment after the last of them.
            Eventually.isTrue(
                    "its end",
                    () -> Thread.getAllStackTraces().keySet().stream()
                            .noneMatch(thread -> thread.getName().endsWith("-detached")));
        }
        assertThat(Memory.allocatedBytes())
                .as("native memory when all servers have stopped")
                .isZero();
    }

    private AutoCloseable pop() {
        synchronized (opened) {
            return opened.poll();
        }
    }
}
