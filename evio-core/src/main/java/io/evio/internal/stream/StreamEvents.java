package io.evio.internal.stream;

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

    Verdict detached(Stream stream, Handover handover) throws IOException;

    Verdict closed(Stream stream, @Nullable IOException error);

    /**
     * Does work of a connection, which is an event as well.
     *
     * @param what the name of it
     */
    default Verdict work(String what, Work work) throws Throwable {
        return work.run();
    }

    /** @param delayNanos at least a millisecond; {@link Long#MAX_VALUE} for never */
    record NextTick(long delayNanos, Verdict verdict) {}
}
