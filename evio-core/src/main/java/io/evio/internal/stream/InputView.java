package io.evio.internal.stream;

import io.evio.internal.sys.Block;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The part of the loop's one read buffer that an event's handler sees: the bytes of its connection, during the event,
 * and no others.
 *
 * <p>A buffer cannot be taken back from who has kept it. So each connection has a view of its own, which has no byte
 * between its events: one that was kept throws, and never shows another connection's bytes. A duplicate of it would; in
 * debug mode ({@link io.evio.internal.sys.Memory#DEBUG}) not even that, because there each event has memory of its own,
 * poisoned afterwards.
 */
final class InputView {

    /** The byte as which the input of an event that is over reads in debug mode. */
    private static final byte POISON = (byte) 0xdd;

    private static final int SLAB = 1024 * 1024;

    private static final int SMALLEST_HEAP = 64 * 1024;

    /** Heap arrays above this are not kept for the next event. */
    private static final int MAX_KEPT = 1024 * 1024;

    private final Block shared;
    private final byte[] filling;
    private final boolean debug;

    /**
     * The end of the part in which the shared buffer and the array hold bytes of earlier events, which a handler that
     * reads too far must not see.
     */
    private int sharedUsed;

    private int heapUsed;

    private byte[] heap;

    /** The connection whose event is running; null between events. */
    private InputBuffer.@Nullable Holder current;

    private ByteBuffer view;

    /** The shared buffer's own array; empty where it is not on the heap. */
    private final byte[] sharedArray;

    /** The event's input is what this array begins with. */
    private boolean lies;

    /** In debug mode, what events are given memory of, from its position on. Never used twice. */
    private ByteBuffer slab = ByteBuffer.allocate(0);

    /** In debug mode, the memory of the current event. */
    private @Nullable ByteBuffer copy;

    InputView(Block shared, boolean debug) {
        this.shared = shared;
        this.debug = debug;
        this.sharedUsed = shared.capacity();
        this.filling = new byte[shared.capacity()];
        Arrays.fill(filling, debug ? POISON : 0);
        this.heap = debug ? new byte[0] : new byte[SMALLEST_HEAP];
        this.view = shared.buffer().asReadOnlyBuffer();
        ByteBuffer buffer = shared.buffer();
        this.sharedArray = buffer.hasArray() && buffer.arrayOffset() == 0 ? buffer.array() : new byte[0];
    }

    /** The shared buffer's first bytes were written, without an event to follow. */
    void used(int bytes) {
        sharedUsed = Math.max(sharedUsed, bytes);
    }

    /** An event of the connection begins: what it is given, the first {@code end} bytes of the block. */
    ByteBuffer present(InputBuffer.Holder holder, Block block, int end) {
        current = holder;
        lies = block == shared && !debug && sharedArray.length > 0;
        if (block != shared) {
            view = block.buffer().slice(0, end).asReadOnlyBuffer();
        } else if (debug) {
            view = copyOfShared(end).asReadOnlyBuffer();
        } else {
            if (end < sharedUsed) {
                shared.buffer().put(end, filling, 0, sharedUsed - end);
            }
            sharedUsed = end;
            view = viewOf(holder);
        }
        return view.order(ByteOrder.BIG_ENDIAN).clear().limit(end);
    }

    private ByteBuffer viewOf(InputBuffer.Holder holder) {
        ByteBuffer own = holder.view();
        if (own == null) {
            own = shared.buffer().asReadOnlyBuffer();
            holder.setView(own);
        }
        return own;
    }

    private ByteBuffer copyOfShared(int end) {
        if (slab.remaining() < end) {
            slab = ByteBuffer.allocateDirect(SLAB);
        }
        ByteBuffer own = slab.slice(slab.position(), end).put(0, shared.buffer(), 0, end);
        slab.position(slab.position() + end);
        copy = own;
        return own;
    }

    /** The event is over: from here on its input has no byte. Returns where its handler began to leave it unread. */
    int revoke() {
        int start = view.position();
        view.limit(0);
        current = null;
        if (debug) {
            ByteBuffer own = copy;
            if (own != null) {
                own.put(0, filling, 0, own.capacity());
                copy = null;
            }
            Arrays.fill(heap, POISON);
            heap = new byte[0];
        } else if (heap.length > MAX_KEPT) {
            heap = new byte[SMALLEST_HEAP];
            heapUsed = 0;
        }
        return start;
    }

    /**
     * The input's remaining bytes in the reused array.
     *
     * @throws IllegalStateException when it is not that of the connection's event that is running
     */
    @SuppressWarnings("ReferenceEquality") // the event's own input, not one with the same bytes
    byte[] toHeap(InputBuffer.Holder holder, ByteBuffer in) {
        if (holder != current || in != view) {
            throw new IllegalStateException("Only the input that the running event of " + holder
                    + " was given can be had as an array: neither that of an earlier event nor a copy or a part of it");
        }
        int length = in.remaining();
        if (lies && in.position() == 0) {
            return sharedArray;
        }
        if (heap.length < length) {
            heap = new byte[Integer.highestOneBit(Math.max(length - 1, 1)) * 2];
        } else if (length < heapUsed) {
            Arrays.fill(heap, length, Math.min(heapUsed, heap.length), (byte) 0);
        }
        heapUsed = length;
        in.get(in.position(), heap, 0, length);
        return heap;
    }
}
