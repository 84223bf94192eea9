package io.evio.testing;

import io.evio.internal.stream.EndReason;
import io.evio.internal.stream.Layer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A layer that changes nothing: what the layers of tests begin with. */
public class PlainLayer implements Layer {

    private final AtomicInteger closed = new AtomicInteger();

    @Override
    public void received(ByteBuffer bytes, Sink plain, Sink wire) throws IOException {
        while (bytes.hasRemaining()) {
            received((char) bytes.get(), plain, wire);
        }
    }

    /** One byte has arrived. */
    protected void received(char letter, Sink plain, Sink wire) throws IOException {
        write(plain, String.valueOf(letter));
    }

    @Override
    public void send(byte[] bytes, int offset, int length, Sink wire) throws IOException {
        wire.write(bytes, offset, length);
    }

    @Override
    public void close(@Nullable EndReason why) {
        closed.incrementAndGet();
    }

    /** Returns how often it was closed. */
    public int closed() {
        return closed.get();
    }

    /** Writes text as Latin-1. */
    protected static void write(Sink sink, String text) throws IOException {
        byte[] bytes = text.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
        sink.write(bytes, 0, bytes.length);
    }
}
