package io.evio.internal.sys;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The cost of a call through jnr-ffi: by itself, with the kernel behind it, with the errno of a failure, and on a
 * socket.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class SystemCallBenchmark {

    private static final int EFD_NONBLOCK = 0x800;
    private static final int MESSAGE = 64;

    private final SystemLibrary<LinuxLibc> library = SystemLibrary.linux();
    private final LinuxLibc libc = library.calls();
    private int eventfd;
    private long eight;

    @Setup
    public void open() {
        eventfd = libc.eventfd(0, EFD_NONBLOCK);
        eight = libc.malloc(Long.BYTES);
    }

    @TearDown
    public void close() {
        libc.close(eventfd);
        libc.free(eight);
    }

    /** free(3) of nothing returns at once: what is left is the way into native code and back. */
    @Benchmark
    public void callWithoutKernel() {
        libc.free(0);
    }

    /** An eventfd that counts nothing has nothing to read. */
    @Benchmark
    public long readThatFails() {
        return libc.read(eventfd, eight, Long.BYTES);
    }

    @Benchmark
    public int readThatFailsAndErrno() {
        return libc.read(eventfd, eight, Long.BYTES) < 0 ? library.errno().getAsInt() : 0;
    }

    /** A send(2) and the recv(2) of the other end, as the loop makes them. */
    @Benchmark
    public int sendAndRecv64(Pair pair) {
        return pair.sendAndRecv();
    }

    /** Both ends of a TCP connection over loopback. They block, should the kernel deliver a moment later. */
    @State(Scope.Thread)
    public static class Pair {

        private Sockets sockets;
        private Block out;
        private Block in;
        private int sender;
        private int receiver;

        @Setup
        public void connect() throws SystemCallException {
            SystemLibrary<LinuxLibc> library = SystemLibrary.linux();
            sockets = SystemSockets.linux(library);
            out = sockets.memory().allocate(MESSAGE);
            out.buffer().put(0, new byte[MESSAGE]);
            in = sockets.memory().allocateShared(64 * 1024);
            InetSocketAddress anyPort = new InetSocketAddress("127.0.0.1", 0);
            int listener = sockets.listen(anyPort, new ListenOptions(1, true, false, TcpOptions.DEFAULTS, -1));
            sender = connected(library.calls(), sockets.localAddress(listener));
            receiver = SystemCallException.check("accept", sockets.accept(listener, new PeerAddress()));
            sockets.close(listener);
            library.calls().fcntl(receiver, SocketConstants.F_SETFL, 0);
            SystemCallException.check("setsockopt", sockets.setNoDelay(sender, true));
        }

        private int connected(LinuxLibc libc, SocketAddress address) {
            Block sockaddr = sockets.memory().allocate(SocketAddresses.SIZE);
            int length = new SocketAddresses(SocketConstants.LINUX).encode(address, sockaddr.buffer());
            int fd = libc.socket(SocketConstants.AF_INET, SocketConstants.SOCK_STREAM, 0);
            if (libc.connect(fd, sockaddr.address(), length) < 0) {
                throw new IllegalStateException("no connection to " + address);
            }
            sockaddr.free();
            return fd;
        }

        @TearDown
        public void close() {
            sockets.close(sender);
            sockets.close(receiver);
            in.free();
            out.free();
            sockets.close();
        }

        int sendAndRecv() {
            int sent = sockets.write(sender, out, 0, MESSAGE);
            int read = sockets.read(receiver, in, 0, in.capacity());
            if (sent != MESSAGE || read != MESSAGE) {
                throw new IllegalStateException("sent " + sent + " bytes, received " + read);
            }
            // The next one goes the other way, as a reply does: it acknowledges this one, which takes a packet of its
            // own otherwise.
            int next = receiver;
            receiver = sender;
            sender = next;
            return read;
        }
    }
}
