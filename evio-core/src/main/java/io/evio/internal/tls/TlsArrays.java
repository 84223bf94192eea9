package io.evio.internal.tls;

import java.nio.ByteBuffer;

/**
 * The buffers in which the engines of a loop work: heap arrays, because JDK engines copy direct buffers in small
 * pieces. Nothing in them outlives a call of a layer. The engine decrypts in the array that it reads from.
 */
final class TlsArrays {

    /** The largest record of a peer that keeps to RFC 5246, 6.2.3, with its header. */
    static final int RECORD = 5 + 16 * 1024 + 2048;

    private ByteBuffer incoming = ByteBuffer.allocate(64 * 1024 + RECORD);
    private ByteBuffer plain = ByteBuffer.allocate(RECORD);
    private ByteBuffer outgoing = ByteBuffer.allocate(RECORD);

    /** The array that was sent from last: mostly the loop's output buffer. */
    private ByteBuffer source = ByteBuffer.allocate(0);

    /** Returns wire bytes' place, of at least this size. */
    ByteBuffer incoming(int size) {
        if (incoming.capacity() < size) {
            incoming = ByteBuffer.allocate(size);
        }
        return incoming.clear();
    }

    /** Returns plain bytes' place. */
    ByteBuffer plain() {
        return plain.clear();
    }

    /** Makes room for this many plain bytes; false when there was as much. */
    boolean growPlain(int size) {
        if (size <= plain.capacity()) {
            return false;
        }
        plain = ByteBuffer.allocate(size);
        return true;
    }

    /** Returns a place for one record. */
    ByteBuffer outgoing() {
        return outgoing.clear();
    }

    /** Makes room for a record of this size; false when there was as much. */
    boolean growOutgoing(int size) {
        if (size <= outgoing.capacity()) {
            return false;
        }
        outgoing = ByteBuffer.allocate(size);
        return true;
    }

    /** Returns a range of an array as a buffer to send from. */
    ByteBuffer source(byte[] bytes, int offset, int length) {
        if (source.array() != bytes) {
            source = ByteBuffer.wrap(bytes);
        }
        return source.clear().position(offset).limit(offset + length);
    }
}
