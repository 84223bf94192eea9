package io.evio.internal.stream;

import io.evio.internal.loop.Clock;
import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventLoop;
import io.evio.internal.loop.FailureLog;
import io.evio.internal.loop.Printable;
import io.evio.internal.loop.Source;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.Sockets;
import java.net.SocketAddress;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The state that all streams of a loop share. */
final class StreamContext {

    /** A connection that stops later than others. */
    interface Deferred {

        /** Its turn to stop has come. */
        void stopNow();
    }

    final StreamConfig config;

    /** Decides which connections are taken; null for all. */
    final @Nullable Admission admission;

    /** The configuration of the connections that the server makes itself. */
    final StreamConfig outboundConfig;

    final EventLoop loop;
    final Counters counters;
    final Sockets sockets;
    final Clock clock;
    final FailureLog log;
    final InputBuffer input;

    /** Null before the first stream that has a layer. */
    private @Nullable InputBuffer layeredInput;

    final OutputBuffer out;
    final ChunkPool chunks;
    final IdTable table = new IdTable();

    /** Outbound connections that are to stop once the accepted ones have ended. */
    private final Set<Deferred> deferred = new LinkedHashSet<>();

    /** Accepted connections that have not ended. */
    private int accepted;

    /** A loop knows its own connections only, so each has an equal part of what they may hold together. */
    final long pendingShare;

    /** The stream whose turn it is, which is settled at the end of it; null when it is nobody's. */
    @Nullable
    Source served;

    StreamContext(
            StreamConfig config, @Nullable Admission admission, EventLoop loop, Counters counters, Thread thread) {
        this.config = config;
        this.admission = admission;
        this.outboundConfig = config.timesInput() ? config.withoutInputTimes() : config;
        this.loop = loop;
        this.counters = counters;
        this.sockets = loop.poller().sockets();
        this.clock = loop.clock();
        this.log = new FailureLog(config.server());
        Memory memory = sockets.memory();
        this.pendingShare = config.maxPendingTotal() / loop.group().size();
        this.chunks = new ChunkPool(memory, counters);
        this.input = InputBuffer.forSockets(memory, counters.pendingMemory);
        this.out = new OutputBuffer(memory, thread);
    }

    /** The input of streams that have a layer. */
    InputBuffer layeredInput() {
        InputBuffer made = layeredInput;
        if (made == null) {
            made = InputBuffer.forLayers(sockets.memory(), counters.pendingMemory);
            layeredInput = made;
        }
        return made;
    }

    /** A connection is refused: nothing but a count and the log tells of it. */
    void refused(Admission.Refusal refusal, SocketAddress client) {
        Admission gate = admission;
        if (gate != null) {
            // The log first: a reader of the meter finds the line.
            log.warn(
                    "a connection is refused because " + gate.reason(refusal),
                    client.toString().isEmpty() ? "it is one of a unix socket" : Printable.text(client.toString()),
                    clock.now());
        }
        refusal.counter(counters).add(1);
    }

    void acceptedBegins() {
        accepted++;
    }

    /** Of those that stop with the server the outbound ones come last. */
    void acceptedEnded() {
        if (--accepted == 0) {
            List.copyOf(deferred).forEach(Deferred::stopNow);
        }
    }

    /** Has the stream asked to stop again once the accepted ones have ended; false when they have. */
    boolean awaitAccepted(Deferred outbound) {
        if (accepted == 0) {
            deferred.remove(outbound);
            return false;
        }
        deferred.add(outbound);
        return true;
    }

    /** The outbound connection has ended. */
    void outboundEnded(Deferred outbound) {
        deferred.remove(outbound);
    }

    void close() {
        input.close();
        if (layeredInput != null) {
            layeredInput.close();
        }
        out.close();
        chunks.close();
    }
}
