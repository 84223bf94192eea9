package io.evio.internal.net;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The destination of an outbound connection.
 *
 * @param text as its user writes it
 * @param known where it goes, before a name is looked up: unresolved for a name
 * @param resolver looks the name up, which may take seconds; called off the loop
 * @param isLiteral whether that needs no looking up, and is done on the loop
 * @param source the address to connect from; null for any
 * @param timeoutNanos until the connection is open
 */
public record Destination(
        String text,
        SocketAddress known,
        Resolver resolver,
        boolean isLiteral,
        @Nullable SocketAddress source,
        long timeoutNanos) {

    /** Of a connection that is not even tried. */
    static final Destination NOWHERE = new Destination("nowhere", new InetSocketAddress(0), List::of, true, null, 0);

    /** Looks an address up. */
    @FunctionalInterface
    public interface Resolver {

        /** The addresses to try, the best one first. */
        List<SocketAddress> resolve() throws java.io.IOException;
    }
}
