package io.evio.internal.stream;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Sockets;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The output of one connection that the kernel has not taken yet, in the order it was written: a list of chunks, filled
 * at the end and emptied at the front, so that no byte is ever copied twice.
 */
final class PendingOutput implements Layer.Sink {

    /** A block and the range of it that is waiting; kept by the pool with its block. */
    static final class Chunk {
        final Block block;
        private int start;
        private int end;
        private @Nullable Chunk next;

        Chunk(Block block) {
            this.block = block;
        }

        int room() {
            return block.capacity() - end;
        }
    }

    private final ChunkPool pool;
    private @Nullable Chunk first;
    private @Nullable Chunk last;
    private int size;
    private int gathered;

    PendingOutput(ChunkPool pool) {
        this.pool = pool;
    }

    /** Returns how many bytes are waiting. */
    int size() {
        return size;
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        append(ByteBuffer.wrap(bytes), offset, length);
    }

    /** Appends a range of the buffer, whose position and limit do not matter. */
    void append(ByteBuffer bytes, int offset, int length) {
        for (int done = 0; done < length; ) {
            Chunk chunk = withRoom(length - done);
            int n = Math.min(chunk.room(), length - done);
            chunk.block.buffer().put(chunk.end, bytes, offset + done, n);
            chunk.end += n;
            done += n;
            // At once, because there may be no memory for the rest: what is counted is what is freed.
            grown(n);
        }
    }

    /** Puts a range of the buffer in front of everything, because it was written before it. */
    void prepend(ByteBuffer bytes, int offset, int length) {
        Chunk rest = first;
        Chunk end = last;
        first = null;
        last = null;
        try {
            append(bytes, offset, length);
        } finally {
            if (last == null) {
                first = rest;
            } else {
                last.next = rest;
            }
            last = end == null ? last : end;
        }
    }

    private void grown(int bytes) {
        size += bytes;
        pool.pendingChanged(bytes);
    }

    private Chunk withRoom(int wanted) {
        Chunk tail = last;
        if (tail != null && tail.room() > 0) {
            return tail;
        }
        Chunk chunk = pool.take(wanted);
        if (tail == null) {
            first = chunk;
        } else {
            tail.next = chunk;
        }
        last = chunk;
        return chunk;
    }

    /**
     * Gathers the oldest bytes for one write attempt; {@link #gathered} says into how many pieces. One piece alone is
     * not gathered: it is what the {@code first} methods say.
     */
    int gather(Sockets sockets) {
        Chunk only = first;
        if (only != null && only.next == null) {
            gathered = 1;
            return only.end - only.start;
        }
        int bytes = 0;
        int count = 0;
        for (Chunk c = first; c != null && count < Sockets.MAX_GATHER; c = c.next) {
            sockets.gather(count++, c.block, c.start, c.end - c.start);
            bytes += c.end - c.start;
        }
        gathered = count;
        return bytes;
    }

    Block firstBlock() {
        return first().block;
    }

    int firstStart() {
        return first().start;
    }

    int firstLength() {
        Chunk oldest = first();
        return oldest.end - oldest.start;
    }

    private Chunk first() {
        return Objects.requireNonNull(first, "nothing is pending");
    }

    /** Returns how many pieces the last {@link #gather} made. */
    int gathered() {
        return gathered;
    }

    /** The kernel took this many of the oldest bytes. */
    void taken(int bytes) {
        grown(-bytes);
        int left = bytes;
        Chunk chunk = first;
        while (chunk != null && left >= chunk.end - chunk.start) {
            left -= chunk.end - chunk.start;
            Chunk next = chunk.next;
            chunk.start = 0;
            chunk.end = 0;
            chunk.next = null;
            pool.give(chunk);
            chunk = next;
        }
        first = chunk;
        if (chunk == null) {
            last = null;
        } else {
            chunk.start += left;
        }
    }

    /** Throws away what is left; the list itself may be another's next. */
    void free() {
        taken(size);
        pool.give(this);
    }
}
