package io.evio;

import io.evio.poll.Poller;
import io.evio.poll.Pollers;
import io.evio.sys.Block;
import io.evio.sys.ListenOptions;
import io.evio.sys.PeerAddress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * From bytes that have come to the handler that gets them: turns of the loop, on the benchmark's thread, that each wait, read
 * and fire one event, which sends the bytes for the next turn. Beside it the same system calls with nothing around
 * them; the loop's own part is the difference.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadToHandlerBenchmark {

    /** So many that starting and stopping the server, once for all, is less than a hundredth of the time. */
    private static final int TURNS = 50_000;

    private static final int SIZE = 64;

    private final ByteBuffer message = ByteBuffer.allocateDirect(SIZE);
    private Path folder;
    private UnixDomainSocketAddress address;

    @Setup
    public void makeFolder() throws IOException {
        folder = Files.createTempDirectory("evio-bench");
        address = UnixDomainSocketAddress.of(folder.resolve("socket"));
    }

    @TearDown
    public void removeFolder() throws IOException {
        Files.deleteIfExists(address.getPath());
        Files.delete(folder);
    }

    @Benchmark
    @OperationsPerInvocation(TURNS)
    public int turnOfTheLoop() throws IOException {
        try (SelfClient handler = new SelfClient()) {
            Evio.serve(handler, "unix://" + address.getPath());
            return handler.turns;
        }
    }

    @Benchmark
    @OperationsPerInvocation(TURNS)
    public int sameCallsAlone() throws IOException {
        Poller poller = Pollers.open("epoll");
        int listener = poller.sockets().listen(address, new ListenOptions(1, true, false, false, false, -1));
        int peer = -1;
        Block in = poller.sockets().memory().allocate(64 * 1024);
        int read = 0;
        try (SocketChannel client = SocketChannel.open(address)) {
            peer = poller.sockets().accept(listener, new PeerAddress());
            poller.add(peer, 1, Poller.READ);
            for (int i = 0; i < TURNS; i++) {
                client.write(message.clear());
                poller.await(-1);
                read += poller.sockets().read(peer, in, 0, in.capacity());
            }
        } finally {
            in.free();
            poller.sockets().close(peer);
            poller.sockets().close(listener);
            poller.close();
            Files.delete(address.getPath());
        }
        return read;
    }

    /** A handler that is its server's only client. */
    private final class SelfClient implements EvioHandler, AutoCloseable {

        private SocketChannel client;
        private int turns;

        @Override
        public Action serving(EvioServer server) {
            try {
                client = SocketChannel.open(address);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            send();
            return Action.NONE;
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            in.position(in.limit());
            if (++turns == TURNS) {
                return Action.SHUTDOWN;
            }
            send();
            return Action.NONE;
        }

        private void send() {
            try {
                client.write(message.clear());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() throws IOException {
            client.close();
        }
    }
}
