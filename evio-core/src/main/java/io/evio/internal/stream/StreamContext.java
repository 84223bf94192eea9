package io.evio.internal.stream;

import io.evio.internal.loop.Clock;
import io.evio.internal.loop.Counters;
import io.evio.internal.loop.EventLoop;
import io.evio.internal.loop.FailureLog;
import io.evio.internal.loop.Source;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.Sockets;
import org.jspecify.annotations.Nullable;

/** What all streams of a loop share. */
final class StreamContext {

    final StreamConfig config;
    final EventLoop loop;
    final Counters counters;
    final Sockets sockets;
    final Clock clock;
    final FailureLog log;
    final InputBuffer input;
    final OutputBuffer out;
    final ChunkPool chunks;
    final IdTable table = new IdTable();

    /** A loop knows its own connections only, so each has an equal part of what they may hold together. */
    final long pendingShare;

    /** The stream whose turn it is, which is settled at the end of it; null when it is nobody's. */
    @Nullable
    Source served;

    StreamContext(StreamConfig config, EventLoop loop, Counters counters, Thread thread) {
        this.config = config;
        this.loop = loop;
        this.counters = counters;
        this.sockets = loop.poller().sockets();
        this.clock = loop.clock();
        this.log = new FailureLog(config.server());
        Memory memory = sockets.memory();
        this.pendingShare = config.maxPendingTotal() / loop.group().size();
        this.chunks = new ChunkPool(memory, counters);
        this.input = new InputBuffer(memory, counters.pendingMemory, config.maxPendingInput());
        this.out = new OutputBuffer(memory, config.maxPendingOutput(), thread);
    }

    void close() {
        input.close();
        out.close();
        chunks.close();
    }
}
