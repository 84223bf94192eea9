package io.evio.loop;

import io.evio.sys.Sockets;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The events, as the loop fires them; all on its thread. Any of them may throw anything. */
public interface LoopEvents {

    Verdict serving();

    /** The delay until the next tick and the verdict of this one. */
    NextTick tick();

    Verdict opened(LoopConnection connection, OutputBuffer out);

    Verdict data(LoopConnection connection, ByteBuffer in, OutputBuffer out);

    Verdict prewrite(LoopConnection connection, int amount);

    Verdict postwrite(LoopConnection connection, int amount, int remaining);

    /** Hands over an open handle after {@link Sockets#detach}, which is no longer the loop's, with the bytes not yet read. */
    Verdict detached(LoopConnection connection, Sockets sockets, int handle, byte[] unread) throws IOException;

    Verdict closed(LoopConnection connection, @Nullable IOException error);

    /** The connection is silent, or has ended: what is kept of it for its events alone may go. No event, and throws nothing. */
    void silent(LoopConnection connection);

    /** @param delayNanos at least a millisecond; {@link Long#MAX_VALUE} for never */
    record NextTick(long delayNanos, Verdict verdict) {}
}
