package io.evio.internal.stream;

import io.evio.internal.loop.Counter;
import io.evio.internal.sys.Block;
import io.evio.internal.sys.Memory;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * The loop's one read buffer, and what a connection has left unread of it.
 *
 * <p>Bytes are read behind the connection's unread ones, so that an event sees both as one. A small rest, the usual
 * half of a frame, is kept in a block of about its size and copied in front of the shared buffer for the next read. A
 * large one, a frame larger than that buffer in the making, gets a buffer of its own that grows by doubling and is read
 * into directly: otherwise each byte would be copied once for every read that follows it.
 */
final class InputBuffer implements Layer.Sink {

    /** The most that one read asks for: the share of a connection's turn. */
    private static final int READ = 64 * 1024;

    /** The largest rest that is kept in a block of its size. */
    private static final int SMALL = 16 * 1024;

    private static final int SMALLEST_OWN = 128 * 1024;

    /** The room for what a layer brings beyond what was read now. */
    private static final int RECORD = 32 * 1024;

    /** Own buffers above this are not kept for the next one. */
    private static final int MAX_KEPT = 1024 * 1024;

    private static final int MAX_POOLED = 4;

    /** A connection, as far as its input is concerned. */
    interface Holder {

        /** The input that the handler left unread, at the start of the block; null when there is none. */
        @Nullable
        Block unread();

        void setUnread(@Nullable Block unread);

        /** The view through which its events see the shared buffer; null before the first. */
        @Nullable
        ByteBuffer view();

        void setView(ByteBuffer view);

        /** Returns how many bytes its handler may leave unread. */
        int maxUnread();
    }

    private final Memory memory;
    private final Counter pendingMemory;
    private final Block shared;
    private final InputView view;
    private final SmallBlocks small;
    private final ArrayDeque<Block> pooled = new ArrayDeque<>(MAX_POOLED);

    /** The block with the current connection's bytes, from its start to {@link #end}. */
    private Block block;

    /** The position from which the current event's handler left its input unread. */
    private int start;

    private int end;

    /** The connection whose input is laid out. */
    private @Nullable Holder laidOut;

    /** The shared buffer's end, for layers that put bytes there; null where it is not on the heap. */
    private final @Nullable ByteBuffer room;

    private InputBuffer(Memory memory, Counter pendingMemory, Block shared, @Nullable ByteBuffer room) {
        this.memory = memory;
        this.pendingMemory = pendingMemory;
        this.small = new SmallBlocks(memory, SMALL);
        this.shared = shared;
        this.room = room;
        this.block = shared;
        this.view = new InputView(shared, memory.isDebug());
    }

    /**
     * For sockets.
     *
     * @param pendingMemory counts the memory that connections hold
     */
    static InputBuffer forSockets(Memory memory, Counter pendingMemory) {
        return new InputBuffer(memory, pendingMemory, memory.allocateShared(SMALL + READ), null);
    }

    /** For layers, which work on the heap and may bring a record more than one read does. */
    static InputBuffer forLayers(Memory memory, Counter pendingMemory) {
        Block shared = Block.onHeap(SMALL + READ + RECORD);
        return new InputBuffer(memory, pendingMemory, shared, shared.buffer().duplicate());
    }

    /** Lays out the holder's unread bytes so that more can be read behind them; {@link #block} says where. */
    void prepare(Holder holder) {
        laidOut = holder;
        Block unread = holder.unread();
        if (unread == null) {
            block = shared;
            end = 0;
        } else if (unread.used() <= SMALL) {
            block = shared;
            end = unread.used();
            shared.buffer().put(0, unread.buffer(), 0, end);
            view.used(end);
        } else {
            if (unread.capacity() - unread.used() < READ) {
                unread = grow(unread);
                holder.setUnread(unread);
            }
            block = unread;
            end = unread.used();
        }
    }

    Block block() {
        return block;
    }

    /** Returns where the next byte is read to. */
    int end() {
        return end;
    }

    /** Returns how many bytes a read may bring. */
    int room() {
        return Math.min(READ, block.capacity() - end);
    }

    /** Puts plain bytes of a layer behind what is laid out; it may be more than one read brings. */
    @Override
    public void write(byte[] bytes, int offset, int length) {
        Holder holder = laidOut;
        if (holder == null) {
            throw new IllegalStateException("Nothing is laid out");
        }
        if (length > block.capacity() - end) {
            Block larger = ownBlock(Math.max(end + length, block.capacity() * 2));
            larger.buffer().put(0, block.buffer(), 0, end);
            larger.setUsed(end);
            release(holder);
            holder.setUnread(larger);
            block = larger;
        }
        block.buffer().put(end, bytes, offset, length);
        end += length;
        if (block == shared) {
            view.used(end);
        }
    }

    @Override
    public @Nullable ByteBuffer room(int size) {
        ByteBuffer place = room;
        return place != null && block == shared && size <= block.capacity() - end
                ? place.clear().position(end)
                : null;
    }

    @Override
    public void put(int count) {
        end += count;
        view.used(end);
    }

    /** {@code count} bytes were read; 0 for a wake. What the event is given: everything unread, old and new. */
    ByteBuffer present(Holder holder, int count) {
        end += count;
        return view.present(holder, block, end);
    }

    /** The event is over: its handler has seen the input for the last time. */
    void revoke() {
        start = view.revoke();
    }

    /**
     * Keeps what the event, which is over, has left unread for the connection's next event.
     *
     * @return false when that is more than the limit
     */
    boolean keep(Holder holder) {
        int rest = end - start;
        if (rest > holder.maxUnread()) {
            return false;
        }
        if (rest <= 0) {
            release(holder);
        } else if (rest <= SMALL) {
            Block kept = holder.unread();
            if (kept == null || kept.capacity() < rest || kept.capacity() > SMALL) {
                kept = counted(small.take(rest));
            }
            moveTo(holder, kept, start, rest);
        } else {
            Block own = holder.unread();
            if (own == null || own.capacity() <= SMALL) {
                own = ownBlock(rest + READ);
            }
            moveTo(holder, own, start, rest);
        }
        return true;
    }

    /** Returns whether the event that is over was given anything. */
    boolean wasGiven() {
        return end > 0;
    }

    /** Returns whether the event that is over has used anything of it. */
    boolean wasUsed() {
        return start > 0;
    }

    /** Keeps all that is laid out for a later event; false when that is more than the limit. */
    boolean hold(Holder holder) {
        start = 0;
        return keep(holder);
    }

    private void moveTo(Holder holder, Block target, int start, int length) {
        if (target != block || start > 0) {
            target.buffer().put(0, block.buffer(), start, length);
        }
        if (holder.unread() != target) {
            release(holder);
            holder.setUnread(target);
        }
        target.setUsed(length);
    }

    /** The connection needs its unread bytes no more. */
    void release(Holder holder) {
        Block unread = holder.unread();
        if (unread != null) {
            give(unread);
            holder.setUnread(null);
        }
    }

    /** The unread bytes as an array of its own, for a connection that is detached. */
    byte[] unread(Holder holder) {
        Block unread = holder.unread();
        if (unread == null) {
            return new byte[0];
        }
        byte[] bytes = new byte[unread.used()];
        unread.buffer().get(0, bytes);
        return bytes;
    }

    /** See {@link InputView#toHeap}. */
    byte[] copyToHeap(Holder holder, ByteBuffer in) {
        return view.toHeap(holder, in);
    }

    private Block grow(Block full) {
        Block larger = ownBlock(full.capacity() * 2);
        larger.buffer().put(0, full.buffer(), 0, full.used());
        larger.setUsed(full.used());
        give(full);
        return larger;
    }

    private Block ownBlock(int wanted) {
        for (Block candidate : pooled) {
            if (candidate.capacity() >= wanted) {
                pooled.remove(candidate);
                return counted(candidate);
            }
        }
        return counted(memory.allocateShared(Math.max(SMALLEST_OWN, Integer.highestOneBit(wanted - 1) * 2)));
    }

    private Block counted(Block taken) {
        pendingMemory.add(taken.capacity());
        return taken;
    }

    private void give(Block unused) {
        pendingMemory.add(-unused.capacity());
        // In debug mode no memory that a handler may have kept is used again.
        if (unused.capacity() <= SMALL) {
            small.give(unused);
        } else if (unused.capacity() <= MAX_KEPT && pooled.size() < MAX_POOLED && !memory.isDebug()) {
            pooled.addLast(unused);
        } else {
            unused.free();
        }
    }

    void close() {
        pooled.forEach(Block::free);
        pooled.clear();
        small.close();
        // The shared buffer goes with the garbage, because a handler may have kept a view of it.
        shared.free();
    }
}
