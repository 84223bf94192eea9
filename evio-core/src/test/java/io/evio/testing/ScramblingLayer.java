package io.evio.testing;

import io.evio.EvioServer;
import io.evio.LayeredServers;
import io.evio.internal.stream.EndReason;
import io.evio.internal.stream.Layer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A layer that changes every byte, and splits and joins pieces at random: of what has arrived it holds back a part now
 * and then, for a later turn or for the next bytes.
 *
 * <p>With {@code -Dconformance.layer=scrambling} all servers and clients of the conformance suite have it, see
 * {@link #isOn}.
 */
public final class ScramblingLayer implements Layer {

    /** Changes every byte. The same for every position, so that a peer needs to remember nothing. */
    private static final int KEY = 0x5a;

    private static final int PIECES = 3;

    private static final boolean ON = "scrambling".equals(System.getProperty("conformance.layer"));

    private static final AtomicLong SEEDS = new AtomicLong();

    private final Random random = new Random(SEEDS.getAndIncrement());
    private byte[] held = new byte[0];
    private boolean ended;

    /** A test begins: what its layers do depends on its name alone, and on {@code -Dconformance.layer.seed}. */
    static void begin(String test) {
        SEEDS.set(Long.getLong("conformance.layer.seed", 17) * 1_000_003 + test.hashCode() * 31L);
    }

    /** Returns whether this run of the suite is about the layer. */
    public static boolean isOn() {
        return ON;
    }

    /** Makes the layers of a run that is about them; null in others. */
    public static Layer.@Nullable Factory factory() {
        return ON ? (remote, host) -> new ScramblingLayer() : null;
    }

    /** The builder, with the layer in a run that is about it. */
    public static EvioServer.Builder over(EvioServer.Builder builder) {
        Layer.Factory layers = factory();
        return layers == null ? builder : LayeredServers.with(builder, layers);
    }

    /** The options of a JVM that is to be about the same. */
    static List<String> options() {
        return ON ? List.of("-Dconformance.layer=scrambling") : List.of();
    }

    /**
     * Returns the bytes as they are on the wire in this run, or the meaning of bytes of the wire: the same array
     * without the layer.
     */
    static byte[] wire(byte[] bytes) {
        return ON ? changed(bytes, 0, bytes.length) : bytes;
    }

    /** Changes bytes of the wire, from an index of the buffer to its position, to what they mean in this run. */
    static void plain(ByteBuffer buffer, int from) {
        if (ON) {
            for (int i = from; i < buffer.position(); i++) {
                buffer.put(i, (byte) (buffer.get(i) ^ KEY));
            }
        }
    }

    /** The bytes on the other side of the layer. */
    public static byte[] changed(byte[] bytes, int offset, int length) {
        byte[] result = new byte[length];
        for (int i = 0; i < length; i++) {
            result[i] = (byte) (bytes[offset + i] ^ KEY);
        }
        return result;
    }

    @Override
    public void received(ByteBuffer bytes, Sink plain, Sink wire) throws IOException {
        int before = held.length;
        byte[] all = Arrays.copyOf(held, before + bytes.remaining());
        bytes.get(all, before, bytes.remaining());
        boolean holdsBack = all.length > 0 && before == 0 && random.nextInt(4) == 0;
        int given = holdsBack ? random.nextInt(all.length) : all.length;
        held = Arrays.copyOfRange(all, given, all.length);
        give(all, given, plain);
    }

    @Override
    public boolean hasMore() {
        return held.length > 0;
    }

    @Override
    public void inputEnded(Sink plain) throws IOException {
        byte[] rest = held;
        held = new byte[0];
        give(rest, rest.length, plain);
    }

    @Override
    public void send(byte[] bytes, int offset, int length, Sink wire) throws IOException {
        give(Arrays.copyOfRange(bytes, offset, offset + length), length, wire);
    }

    /** In pieces of random sizes, none of which lies in an array of its own. */
    private void give(byte[] bytes, int length, Sink sink) throws IOException {
        byte[] changed = changed(bytes, 0, length);
        int done = 0;
        for (int i = 1; i < PIECES && done < length; i++) {
            int piece = random.nextInt(length - done + 1);
            sink.write(changed, done, piece);
            done += piece;
        }
        sink.write(changed, done, length - done);
    }

    @Override
    public void close(@Nullable EndReason why) {
        if (ended) {
            throw new IllegalStateException("closed twice");
        }
        ended = true;
    }
}
