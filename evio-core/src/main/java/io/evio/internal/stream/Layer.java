package io.evio.internal.stream;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Stands between the wire and the handler of one connection, as TLS does: it turns wire bytes into plain ones and plain
 * bytes into wire ones.
 *
 * <p>A layer takes all it is given, and keeps what is incomplete: only so does readiness stay level-triggered. The loop
 * calls it on its own thread; once the connection is detached, the threads that use the channel do, one at a time. An
 * {@link IOException} ends the connection, after what the layer has put into {@code wire} by then is sent; so does
 * anything else that it throws, which is also logged.
 */
public interface Layer {

    /** Takes bytes; the array is valid during the call only. */
    interface Sink {
        void write(byte[] bytes, int offset, int length) throws IOException;

        /**
         * Returns where bytes may be put in place of {@link #write}, from the position of a heap buffer on; then
         * {@link #put} says how many. Valid until the next call.
         *
         * @param size how many there are at the most
         * @return null when there is no such place, or less room
         */
        default @Nullable ByteBuffer room(int size) {
            return null;
        }

        /** So many bytes were put into {@link #room}. */
        default void put(int count) {
            throw new IllegalStateException("There was no room");
        }
    }

    /** The connection that a layer belongs to. */
    interface Host {

        /**
         * Has {@link #received} called without bytes, because what the layer was {@linkplain #isWaiting waiting} for
         * has come. From any thread.
         *
         * @return false when the connection has ended
         */
        boolean resume();

        /** Returns how many wire bytes wait for the kernel. On the loop's thread. */
        int unsent();

        /** Ends the connection at once, without an answer. From any thread; false when it has ended. */
        boolean abort();
    }

    /** The addresses that a connection names before anything else, as a PROXY header does. */
    interface Introduction {

        /** Returns the client's address; null when that is the peer's. */
        @Nullable
        SocketAddress remote();

        /** Returns the address that the client has connected to; null when that is our side's. */
        @Nullable
        SocketAddress local();
    }

    /** Makes the layers of the connections of one loop, on its thread. */
    @FunctionalInterface
    interface Factory {

        /**
         * Makes the layer of one connection.
         *
         * @param host the connection, whose text names it in logs
         * @return null for a connection without one
         */
        @Nullable
        Layer create(SocketAddress remote, Host host);

        /** Returns whether the layers do nothing but read an {@link #introduction}. */
        default boolean introduces() {
            return false;
        }

        /** Returns what makes the layers that come after an introduction; null for none. */
        default @Nullable Factory next() {
            return null;
        }
    }

    /** The connection is new: what is to be sent first goes into {@code wire}. */
    default void begin(Sink wire) throws IOException {}

    /**
     * Bytes have arrived.
     *
     * @param bytes the remaining ones, all of which are taken
     * @param plain takes what they mean
     * @param wire takes what is to be answered without the handler
     */
    void received(ByteBuffer bytes, Sink plain, Sink wire) throws IOException;

    /**
     * Returns what {@link #received} has found, and with what it has left of its bytes unread; null before. The layer
     * is over then, and {@link Factory#next} makes the one that goes on.
     */
    default @Nullable Introduction introduction() {
        return null;
    }

    /** Returns whether {@link #received} has left work for a later turn, in which it is called without bytes. */
    default boolean hasMore() {
        return false;
    }

    /** Returns how many bytes of memory hold what was received and waits. */
    default int heldMemory() {
        return 0;
    }

    /**
     * Returns whether nothing is to be received now: the layer waits for work off the loop, after which it calls
     * {@link Host#resume}, or for what is unsent to go out.
     */
    default boolean isWaiting() {
        return false;
    }

    /**
     * The wire has ended. Called at most once, and not after {@link #isInputEnded}.
     *
     * @param plain takes what was held back
     */
    default void inputEnded(Sink plain) throws IOException {}

    /** Returns whether the handler may have its events: a handshake is over. Once true it stays true. */
    default boolean isOpen() {
        return true;
    }

    /**
     * Returns how long it may take to open, in nanoseconds since the connection was accepted; 0 for as long as it
     * likes.
     */
    default long openingNanos() {
        return 0;
    }

    /** Returns why the connection ends that has not opened in time. */
    default IOException openedTooLate() {
        return new IOException("not opened in time");
    }

    /**
     * Returns whether the peer has ended its side of the plain stream, whatever the wire still brings. Only once all
     * that came before the end is given.
     */
    default boolean isInputEnded() {
        return false;
    }

    /**
     * The handler, or the end of an event, sends plain bytes.
     *
     * @param bytes not to be changed
     * @param wire takes all of what they become: nothing asks for more of it later
     */
    void send(byte[] bytes, int offset, int length, Sink wire) throws IOException;

    /** Our side ends after what was sent. Called at most once. */
    default void endOutput(Sink wire) throws IOException {}

    /**
     * The connection leaves the loop: from here on other threads call, one at a time, and nothing of the loop's is
     * used.
     */
    default void detached() {}

    /**
     * The connection is gone: frees what the layer holds. Called exactly once, also after a detached channel is closed.
     *
     * @param why null when a detached channel is closed
     */
    default void close(@Nullable EndReason why) {}
}
