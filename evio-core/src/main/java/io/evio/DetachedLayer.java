package io.evio;

import io.evio.internal.stream.Layer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The layer of a detached connection, with what it has brought and nobody has read, and what it wants on the wire and
 * nobody has sent. Called by the threads of the connection, one at a time.
 *
 * <p>A failure of the layer is kept: what was brought before is still read, what was put on the wire before is still
 * sent, and {@link #check} throws it then.
 */
final class DetachedLayer {

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    /** Bytes in the order they came. */
    private static final class Bytes implements Layer.Sink {

        private byte[] array = new byte[0];
        private int start;
        private int end;

        @Override
        public void write(byte[] bytes, int offset, int length) {
            if (length > array.length - end) {
                int size = size();
                byte[] target = size + length > array.length ? new byte[Math.max(512, 2 * (size + length))] : array;
                System.arraycopy(array, start, target, 0, size);
                array = target;
                start = 0;
                end = size;
            }
            System.arraycopy(bytes, offset, array, end, length);
            end += length;
        }

        int size() {
            return end - start;
        }

        void taken(int count) {
            start += count;
            if (start == end) {
                start = 0;
                end = 0;
                array = array.length > DetachedConnection.TRANSFER ? new byte[0] : array;
            }
        }
    }

    private final Layer layer;

    // No monitor, as in DetachedConnection.
    private final ReentrantLock lock = new ReentrantLock();

    // Guarded by the lock, as all below.
    private final Bytes plain = new Bytes();
    private final Bytes wire = new Bytes();
    private boolean inputEnded;
    private boolean outputEnded;
    private @Nullable IOException failure;

    /** One call of the layer. */
    private interface Call {
        void run() throws IOException;
    }

    DetachedLayer(Layer layer, byte[] unread, boolean inputEnded, boolean outputEnded) {
        this.layer = layer;
        this.plain.write(unread, 0, unread.length);
        this.inputEnded = inputEnded;
        this.outputEnded = outputEnded;
    }

    private void call(Call call) {
        lock.lock();
        try {
            if (failure == null) {
                call.run();
            }
        } catch (IOException e) {
            failure = e;
        } catch (RuntimeException e) {
            failure = new IOException("The layer threw: " + e, e);
        } finally {
            lock.unlock();
        }
    }

    /** Throws what the layer has failed with. */
    void check() throws IOException {
        IOException found = locked(() -> failure);
        if (found != null) {
            throw new IOException(found.getMessage(), found);
        }
    }

    private <T extends @Nullable Object> T locked(java.util.function.Supplier<T> question) {
        lock.lock();
        try {
            return question.get();
        } finally {
            lock.unlock();
        }
    }

    /** Goes on with what the layer has left for later; false when there is nothing. */
    boolean receiveMore() {
        return locked(() -> {
            if (failure != null || inputEnded || !layer.hasMore()) {
                return false;
            }
            received(NOTHING);
            return true;
        });
    }

    void received(ByteBuffer bytes) {
        call(() -> {
            layer.received(bytes, plain, wire);
            inputEnded |= layer.isInputEnded();
        });
    }

    void inputEnded() {
        call(() -> {
            inputEnded = true;
            layer.inputEnded(plain);
        });
    }

    boolean isInputEnded() {
        return locked(() -> inputEnded);
    }

    /** Gives what was brought, as much as there is room for; 0 when there is nothing. */
    int read(ByteBuffer target) {
        return locked(() -> {
            int count = Math.min(plain.size(), target.remaining());
            target.put(plain.array, plain.start, count);
            plain.taken(count);
            return count;
        });
    }

    /** Puts the array on the wire. */
    void send(byte[] bytes) throws IOException {
        if (locked(() -> outputEnded)) {
            throw new IOException("Our side of the connection has ended: nothing can be written any more");
        }
        call(() -> layer.send(bytes, 0, bytes.length, wire));
    }

    /** Ends our side, unless it has ended. */
    void endOutput() {
        call(() -> {
            if (!outputEnded) {
                outputEnded = true;
                layer.endOutput(wire);
            }
        });
    }

    /** Returns how many bytes are for the wire. */
    int wireSize() {
        return locked(wire::size);
    }

    /** Copies the first bytes for the wire to the start of the buffer; returns how many. */
    int peek(ByteBuffer target) {
        return locked(() -> {
            int count = Math.min(wire.size(), target.capacity());
            target.put(0, wire.array, wire.start, count);
            return count;
        });
    }

    /** The kernel has taken so many bytes. */
    void sent(int count) {
        lock.lock();
        try {
            wire.taken(count);
        } finally {
            lock.unlock();
        }
    }

    void close() {
        lock.lock();
        try {
            layer.close(null);
        } finally {
            lock.unlock();
        }
    }
}
