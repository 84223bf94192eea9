package io.evio.internal.stream;

import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventLoop;
import io.evio.internal.loop.FailureLog;
import io.evio.internal.loop.LoopEvents;
import io.evio.internal.poll.Poller;
import io.evio.internal.sys.PeerAddress;
import io.evio.internal.sys.SystemCallException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one loop: makes them of accepted sockets, finds them by id, and fires the events that belong to none.
 */
public final class Streams implements LoopEvents {

    /** The local address of a connection that is being made. */
    private static final SocketAddress UNCONNECTED = new InetSocketAddress(0);

    private final StreamContext context;
    private final StreamEvents events;

    /** The things that end with the loop, before its memory does. */
    private final List<Runnable> endings = new ArrayList<>();

    /** Make the layers of each address's connections, by the addresses' indices; null for those that have none. */
    private final List<Layer.@Nullable Factory> layers = new ArrayList<>();

    /** The origin of the last connection of each address, by the addresses' indices. */
    private @Nullable Origin[] latest = new @Nullable Origin[1];

    /** @param admission decides which connections are taken; null for all */
    public Streams(
            StreamConfig config,
            @Nullable Admission admission,
            EventLoop loop,
            Counters counters,
            Thread thread,
            StreamEvents events) {
        this.context = new StreamContext(config, admission, loop, counters, thread);
        this.events = events;
    }

    /** Logs what goes wrong in this loop. */
    public FailureLog log() {
        return context.log;
    }

    /** Has this called when the loop is over. */
    public void onEnd(Runnable ending) {
        endings.add(ending);
    }

    public EventLoop loop() {
        return context.loop;
    }

    /**
     * The server has one more address. Before the loop runs.
     *
     * @param factory makes what stands between the wire and the handler of its connections; null for nothing
     */
    public void addAddress(Layer.@Nullable Factory factory) {
        layers.add(factory);
    }

    /**
     * A connection was accepted for which there is room; when nothing can be made of it, both are given back.
     *
     * @param addressIndex the place of the address among the server's
     * @param local our side's address; null to ask the socket
     */
    public void accepted(int addressIndex, @Nullable SocketAddress local, int handle, PeerAddress peer) {
        EventLoop loop = context.loop;
        Admission gate = context.admission;
        Layer.Factory factory = layers.get(addressIndex);
        boolean isIntroduced = factory != null && factory.introduces();
        if (gate != null) {
            Admission.Refusal refusal = gate.accepted(peer, isIntroduced);
            if (refusal != null) {
                // Told before the peer can see it.
                context.refused(refusal, PeerAddress.toSocketAddress(peer.high, peer.low, peer.portAndScope));
                context.sockets.resetOnClose(handle);
                drop(handle);
                return;
            }
        }
        Stream stream;
        try {
            Origin origin = origin(addressIndex, local, handle, peer);
            stream = new Stream(origin, nextId(), handle, peer);
            loop.watch(stream, Poller.READ);
            loop.add(stream);
            context.counters.ids.add(1);
            context.acceptedBegins();
        } catch (SystemCallException | OutOfMemoryError e) {
            if (gate != null && !isIntroduced) {
                gate.left(peer);
            }
            refuse(handle, e);
            return;
        }
        try {
            stream.accepted();
        } catch (OutOfMemoryError e) {
            stream.failed(e);
        }
    }

    /**
     * Makes a stream for a connection that is about to be made. On the loop's thread.
     *
     * @param made its events
     * @param redial where else it may go when it cannot be made; null for nowhere
     */
    public Stream outbound(StreamEvents made, Stream.@Nullable Redial redial) {
        Origin origin =
                new Origin(context, context.outboundConfig, made, null, Origin.OUTBOUND, UNCONNECTED, 0, 0, null);
        Stream stream = new Stream(origin, nextId(), redial);
        context.counters.ids.add(1);
        return stream;
    }

    /** Gives back an accepted socket and its room, because the loop is over. From any thread. */
    public void drop(int handle) {
        context.sockets.close(handle);
        context.loop.group().leave(context.loop.index());
    }

    /** Gives back an accepted socket and its room, and says so. */
    public void refuse(int handle, Throwable cause) {
        drop(handle);
        context.counters.acceptErrors.add(1);
        context.log.warn("a connection could not be taken", cause, context.clock.now());
    }

    /**
     * The last one of the address again if it is the same: IPv4 peers of one local address share it, and so do all
     * connections of an IPv6 host that come one after the other.
     */
    private Origin origin(int index, @Nullable SocketAddress known, int handle, PeerAddress peer)
            throws SystemCallException {
        if (index >= latest.length) {
            latest = Arrays.copyOf(latest, index + 1);
        }
        SocketAddress local = known != null ? known : context.sockets.localAddress(handle);
        boolean ipv6 = peer.portAndScope != PeerAddress.UNIX && !peer.isIpv4();
        long high = ipv6 ? peer.high : 0;
        long low = ipv6 ? peer.low : 0;
        Origin last = latest[index];
        if (last == null
                || last.peerHigh() != high
                || last.peerLow() != low
                || !last.local().equals(local)) {
            last = new Origin(context, context.config, events, layers.get(index), index, local, high, low, null);
            latest[index] = last;
        }
        return last;
    }

    /** Each loop of a group has ids of its own, so that an id says whose the connection is. */
    private long nextId() {
        return context.counters.ids.get() * context.loop.group().size() + context.loop.index() + 1;
    }

    /** The open connection with this id, or null. From any thread. */
    public @Nullable Stream find(long id) {
        return (Stream) context.table.find(id);
    }

    /**
     * The open connections with the smallest ids above {@code after}, by id, and not more than {@code limit}. From any
     * thread.
     */
    public List<Stream> page(long after, int limit) {
        return context.table.page(after, limit).stream().map(Stream.class::cast).toList();
    }

    @Override
    public void serving() {
        note(events.serving());
    }

    @Override
    public long tick(long lastDelay) {
        context.counters.ticks.add(1);
        context.out.begin();
        long delay = lastDelay;
        try {
            StreamEvents.NextTick next = events.tick();
            note(next.verdict());
            delay = next.delayNanos();
        } catch (OutputBuffer.Overflow e) {
            // The connection to which the tick wrote too much has failed with that.
        } catch (Throwable t) {
            // The log first: a reader of the meter finds the line.
            context.log.handlerThrew("tick", null, t, context.clock.now());
            context.counters.handlerErrors.add(1);
        }
        context.out.end();
        context.out.flush();
        return delay;
    }

    private void note(Verdict verdict) {
        if (verdict == Verdict.SHUTDOWN) {
            context.loop.shutdown();
        }
    }

    @Override
    public void ended() {
        endings.forEach(Runnable::run);
        context.close();
    }
}
