package io.evio.internal.stream;

import io.evio.internal.sys.Sockets;
import org.jspecify.annotations.Nullable;

/**
 * A connection that leaves its loop: what its threads go on with.
 *
 * @param handle open, after {@link Sockets#detach}, and no longer the loop's
 * @param unread plain bytes that the handler has not read
 * @param layer what stands between the wire and the handler, to be closed with the connection; null for nothing
 * @param inputEnded whether the peer has ended its side: what is unread is the last of it
 * @param outputEnded whether our side has ended
 */
public record Handover(
        Sockets sockets,
        int handle,
        byte[] unread,
        @Nullable Layer layer,
        boolean inputEnded,
        boolean outputEnded) {}
