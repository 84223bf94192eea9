package io.evio.internal.proxy;

import io.evio.internal.loop.Printable;
import io.evio.internal.stream.EndReason;
import io.evio.internal.stream.Layer;
import io.evio.internal.stream.Limit;
import io.evio.internal.stream.LimitException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads the header of one connection, and nothing else. A wrong one ends the connection at once: there is nothing that
 * could be answered.
 */
final class ProxyLayer implements Layer {

    /** The first bytes of what is no header, as far as they are logged. */
    private static final int MAX_SHOWN = 64;

    private final ProxyLoop loop;
    private final long timeoutNanos;
    private final Host host;
    private final HeaderReader reader;
    private @Nullable Header header;
    private boolean failed;

    ProxyLayer(ProxyLoop loop, long timeoutNanos, int maxLength, Host host) {
        this.loop = loop;
        this.timeoutNanos = timeoutNanos;
        this.host = host;
        this.reader = new HeaderReader(maxLength);
    }

    @Override
    public void received(ByteBuffer bytes, Sink plain, Sink wire) {
        int before = reader.held();
        try {
            header = reader.read(bytes);
            if (header != null) {
                loop.counters.proxyHeaders.add(1);
            }
        } catch (HeaderException e) {
            wrong(e.getMessage() + ": '" + shown(bytes));
            host.abort();
        } finally {
            loop.counters.pendingMemory.add(reader.held() - before);
        }
    }

    private String shown(ByteBuffer rest) {
        byte[] more = new byte[Math.min(rest.remaining(), MAX_SHOWN)];
        rest.get(more).position(rest.limit());
        String text = reader.text() + new String(more, StandardCharsets.ISO_8859_1);
        int length = Math.min(text.length(), MAX_SHOWN);
        return Printable.text(text.substring(0, length)) + (length < text.length() ? "'..." : "'");
    }

    /** Nobody else is told: no event fires. */
    private void wrong(String why) {
        failed = true;
        // The log first: a reader of the meter finds the line.
        loop.log.closed("PROXY header", "the PROXY header of " + host + " is wrong: " + why, false, loop.clock.now());
        loop.counters.proxyErrors.add(1);
    }

    @Override
    public @Nullable Introduction introduction() {
        return header;
    }

    @Override
    public int heldMemory() {
        return reader.held();
    }

    @Override
    public boolean isOpen() {
        return false;
    }

    @Override
    public long openingNanos() {
        return timeoutNanos;
    }

    @Override
    public IOException openedTooLate() {
        return new LimitException(
                Limit.PROXY_TIMEOUT,
                host + (reader.hasBegun() ? " was still in its PROXY header" : " sent nothing") + " after",
                TimeUnit.NANOSECONDS.toMillis(timeoutNanos) + " ms",
                "");
    }

    @Override
    public void send(byte[] bytes, int offset, int length, Sink wire) {
        throw new IllegalStateException("Nothing can be sent before the header has come");
    }

    @Override
    public void close(@Nullable EndReason why) {
        boolean byPeer = why == EndReason.PEER_ENDED || why == EndReason.PEER_RESET;
        if (byPeer && header == null && !failed && reader.hasBegun()) {
            wrong("the connection has ended within it");
        }
        loop.counters.pendingMemory.add(-reader.held());
    }
}
