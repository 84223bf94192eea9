package io.evio;

import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The worth of a second loop: requests/s of a server whose handler computes for some hundred microseconds a request, so
 * that the clients, which share its cores, are not the bound. To be run on two cores.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Threads(LoopsBenchmark.CONNECTIONS)
public class LoopsBenchmark {

    static final int CONNECTIONS = 16;

    /** About 0.3 milliseconds; what sending and receiving takes beside it is some 10 microseconds. */
    private static final long WORK = 200_000;

    private static final int SIZE = 64;

    @Param({"1", "2"})
    public int loops;

    private EvioServer server;

    @Setup
    public void start() throws IOException {
        server = EvioServer.builder()
                .handler(new Computing())
                .addresses("tcp://127.0.0.1:0")
                .loops(loops)
                .build();
        server.start();
    }

    @TearDown
    public void stop() {
        server.stop(Duration.ZERO);
    }

    @Benchmark
    public int requests(Client client) throws IOException {
        return client.ask();
    }

    /** A connection for each of the benchmark's threads. */
    @State(Scope.Thread)
    public static class Client {

        private final ByteBuffer message = ByteBuffer.allocateDirect(SIZE);
        private SocketChannel channel;

        @Setup
        public void connect(LoopsBenchmark benchmark) throws IOException {
            int port = benchmark.server.addresses().get(0).port();
            channel = SocketChannel.open(new InetSocketAddress("127.0.0.1", port));
            channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
        }

        @TearDown
        public void disconnect() throws IOException {
            channel.close();
        }

        int ask() throws IOException {
            channel.write(message.clear());
            message.clear();
            while (message.hasRemaining()) {
                if (channel.read(message) < 0) {
                    throw new EOFException("the server has closed the connection");
                }
            }
            return message.position();
        }
    }

    private static final class Computing implements EvioHandler {
        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            Blackhole.consumeCPU(WORK);
            out.write(in);
            return Action.NONE;
        }
    }
}
