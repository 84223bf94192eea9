package io.evio;

import io.evio.internal.poll.Poller;
import io.evio.internal.poll.Pollers;
import io.evio.internal.sys.Block;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.PeerAddress;
import io.evio.internal.sys.TcpOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Semaphore;
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
 * From bytes that have come to the handler that gets them: turns of the loop that each wait, read and fire one event,
 * which sends the bytes for the next turn. Beside it the same system calls with nothing around them; the loop's own
 * part is the difference.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ReadToHandlerBenchmark {

    /**
     * So many that beginning them on another thread, and waiting for their end there, is next to nothing of the time.
     */
    private static final int TURNS = 50_000;

    private static final int SIZE = 64;

    @Benchmark
    @OperationsPerInvocation(TURNS)
    public void turnOfTheLoop(Served served) throws InterruptedException {
        served.handler.send();
        served.handler.done.acquire();
    }

    @Benchmark
    @OperationsPerInvocation(TURNS)
    public int sameCallsAlone(Alone alone) throws IOException {
        int read = 0;
        for (int i = 0; i < TURNS; i++) {
            read += alone.turn();
        }
        return read;
    }

    /** A folder with a socket to listen on. */
    @State(Scope.Thread)
    public static class Place {

        private Path folder;
        private UnixDomainSocketAddress address;

        @Setup
        public void make() throws IOException {
            folder = Files.createTempDirectory("evio-bench");
            address = UnixDomainSocketAddress.of(folder.resolve("socket"));
        }

        @TearDown
        public void remove() throws IOException {
            Files.deleteIfExists(address.getPath());
            Files.delete(folder);
        }
    }

    /** A server, which takes its turns on its own thread. */
    @State(Scope.Thread)
    public static class Served {

        private SelfClient handler;
        private EvioServer server;

        @Setup
        public void start(Place place) throws IOException {
            handler = new SelfClient();
            server = EvioServer.builder()
                    .handler(handler)
                    .addresses("unix://" + place.address.getPath())
                    .build();
            server.start();
            handler.client = SocketChannel.open(place.address);
        }

        @TearDown
        public void stop() throws IOException {
            handler.client.close();
            server.stop(Duration.ZERO);
        }
    }

    /** A handler that is its server's only client. */
    private static final class SelfClient implements EvioHandler {

        private final ByteBuffer message = ByteBuffer.allocateDirect(SIZE);
        private final Semaphore done = new Semaphore(0);
        private SocketChannel client;
        private int turns;

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            in.position(in.limit());
            if (++turns % TURNS == 0) {
                done.release();
            } else {
                send();
            }
            return Action.NONE;
        }

        private void send() {
            try {
                client.write(message.clear());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** A listener's connection in a poller. */
    @State(Scope.Thread)
    public static class Alone {

        private final ByteBuffer message = ByteBuffer.allocateDirect(SIZE);
        private Poller poller;
        private Block in;
        private int listener;
        private int peer;
        private SocketChannel client;

        @Setup
        public void open(Place place) throws IOException {
            poller = Pollers.open("epoll");
            in = poller.sockets().memory().allocate(64 * 1024);
            listener =
                    poller.sockets().listen(place.address, new ListenOptions(1, true, false, TcpOptions.DEFAULTS, -1));
            client = SocketChannel.open(place.address);
            peer = poller.sockets().accept(listener, new PeerAddress());
            poller.add(peer, 1, Poller.READ);
        }

        @TearDown
        public void close() throws IOException {
            client.close();
            in.free();
            poller.sockets().close(peer);
            poller.sockets().close(listener);
            poller.close();
        }

        private int turn() throws IOException {
            client.write(message.clear());
            poller.await(-1);
            return poller.sockets().read(peer, in, 0, in.capacity());
        }
    }
}
