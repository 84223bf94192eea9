package io.evio;

import io.evio.loop.Counters;
import io.evio.loop.EventLoop;
import io.evio.loop.LoopConfig;
import io.evio.loop.LoopEvents;
import io.evio.poll.Poller;
import io.evio.poll.Pollers;
import io.evio.sys.Errno;
import io.evio.sys.ListenOptions;
import io.evio.sys.SystemCallException;
import io.evio.sys.UnsupportedSystemException;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One run of a server, from the binding of its addresses to the end of its loop. */
final class ServerRun {

    private static final Logger LOG = LoggerFactory.getLogger("io.evio");

    /** How much longer than its grace period a stop waits for the loop, which ends late only when an event blocks it. */
    private static final long STOP_SLACK = TimeUnit.SECONDS.toNanos(5);

    private final ServerConfig config;
    private final Thread thread;
    private final Poller poller;
    private final EventLoop loop;
    private final List<Address> addresses;
    private final CountDownLatch serving = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile @Nullable Throwable failure;

    /**
     * Binds every address, or none.
     *
     * @param thread the thread that will call {@link #run}
     */
    ServerRun(ServerConfig config, LoopEvents events, Counters counters, Thread thread) throws IOException {
        this.config = config;
        this.thread = thread;
        try {
            this.poller = Pollers.open(config.poller());
        } catch (UnsupportedSystemException e) {
            throw new EvioUnsupportedException(e.reason(), e.advice(), e);
        }
        Limits limits = config.limits();
        LoopConfig loopConfig = new LoopConfig(
                config.name(),
                limits.maxConnections(),
                limits.maxPendingInput(),
                limits.maxPendingOutput(),
                limits.highWaterMark(),
                limits.lowWaterMark(),
                nanos(limits.drainTimeout()),
                nanos(limits.idleTimeout()));
        this.loop = new EventLoop(loopConfig, events, counters, poller, thread, nanos(config.gracePeriod()));
        try {
            List<Address> bound = new ArrayList<>();
            for (Address address : config.addresses()) {
                bound.add(address.bound(listen(address)));
            }
            this.addresses = List.copyOf(bound);
        } catch (IOException | RuntimeException e) {
            loop.discard();
            throw e;
        }
    }

    private SocketAddress listen(Address address) throws EvioBindException {
        ListenOptions options = new ListenOptions(
                config.backlog(),
                address.isIpv6Only(),
                config.reusePort(),
                config.noDelay(),
                config.keepAlive(),
                config.unixPermissions());
        try {
            try {
                return loop.listen(address.resolve(), options);
            } catch (SystemCallException e) {
                if (e.errno() == Errno.EAFNOSUPPORT && address.isEveryInterface()) {
                    return loop.listen(new Address("tcp4", "", address.port(), "").resolve(), options);
                }
                throw e;
            }
        } catch (SystemCallException e) {
            throw EvioBindException.of(address, e);
        } catch (UnknownHostException e) {
            throw EvioBindException.unknownHost(address, e);
        } catch (IOException e) {
            throw new EvioBindException(
                    address.toString(), null, String.valueOf(e.getMessage()), "Use another address", e);
        }
    }

    /** Frees a run whose loop never began. */
    void discard() {
        loop.discard();
    }

    /** Runs the loop on the calling thread until it ends; never throws, see {@link #failure}. */
    void run(Runnable onEnd) {
        try {
            loop.run(serving::countDown);
        } catch (Throwable t) {
            failure = t;
            if (serving.getCount() == 0) {
                LOG.error("Evio '{}' has ended: its loop failed", config.name(), t);
            }
        } finally {
            onEnd.run();
            serving.countDown();
            if (config.onStopped() != null) {
                try {
                    config.onStopped().accept(failure);
                } catch (Throwable t) {
                    LOG.error("The onStopped of Evio '{}' threw", config.name(), t);
                }
            }
            ended.countDown();
        }
    }

    /** Waits until the {@code serving} event is over, or the run is. */
    void awaitServing() {
        awaitUninterruptibly(serving);
    }

    /** Waits until the run is over. */
    void awaitEnd() {
        awaitUninterruptibly(ended);
    }

    /** What ended the run, or null while it goes on and for an ordinary end. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    /**
     * Asks the loop to end, and waits for that; see {@link EvioServer#stop}.
     *
     * @param ownThread whether the thread is there for the loop alone, and to be gone too
     */
    boolean stop(Duration grace, boolean ownThread) {
        loop.stop(nanos(grace));
        if (Thread.currentThread() == thread) {
            return false;
        }
        try {
            long limit = Math.min(nanos(grace), Long.MAX_VALUE / 2) + STOP_SLACK;
            if (ended.await(limit, TimeUnit.NANOSECONDS)) {
                if (ownThread) {
                    thread.join();
                }
                return true;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
        LOG.warn("Evio '{}' has not stopped: an event blocks its loop at {}", config.name(), Arrays.toString(stack()));
        return false;
    }

    StackTraceElement[] stack() {
        return thread.getStackTrace();
    }

    EventLoop loop() {
        return loop;
    }

    String pollerName() {
        return poller.name();
    }

    List<Address> addresses() {
        return addresses;
    }

    /** The duration in nanoseconds, or as many as can be waited for: seven decades. */
    private static long nanos(Duration duration) {
        try {
            return Math.min(duration.toNanos(), Long.MAX_VALUE / 4);
        } catch (ArithmeticException e) {
            return Long.MAX_VALUE / 4;
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        for (; ; ) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
