package io.evio.internal.stream;

import io.evio.internal.sys.Sockets;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The events of a server and its streams; all on the loop's thread. Any of them may throw anything. */
public interface StreamEvents {

    Verdict serving();

    /** The delay until the next tick and the verdict of this one. */
    NextTick tick();

    Verdict opened(Stream stream);

    Verdict data(Stream stream, ByteBuffer in);

    Verdict prewrite(Stream stream, int amount);

    Verdict postwrite(Stream stream, int amount, int remaining);

    /**
     * Hands over an open handle after {@link Sockets#detach}, which is no longer the loop's.
     *
     * @param unread the bytes not yet read
     * @param layer what stands between the wire and the handler, or null
     */
    Verdict detached(Stream stream, Sockets sockets, int handle, byte[] unread, @Nullable Layer layer)
            throws IOException;

    Verdict closed(Stream stream, @Nullable IOException error);

    /** @param delayNanos at least a millisecond; {@link Long#MAX_VALUE} for never */
    record NextTick(long delayNanos, Verdict verdict) {}
}
