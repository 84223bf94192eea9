package io.evio.internal.sys;

import java.nio.ByteBuffer;

/**
 * Where a system keeps the fields of {@code struct kevent}, kqueue(2), and what it calls its filters. {@code ident} is
 * eight bytes at 0 everywhere, {@code data} and {@code udata} are eight bytes too.
 *
 * @param size the size of the structure
 * @param wide whether {@code filter} and {@code flags} take four bytes each, as on NetBSD, and not two
 * @param filter the offset of {@code filter}, and so on
 * @param read {@code EVFILT_READ}
 * @param write {@code EVFILT_WRITE}
 * @param user {@code EVFILT_USER}
 */
public record KeventLayout(
        int size, boolean wide, int filter, int flags, int fflags, int data, int udata, int read, int write, int user) {

    // The same everywhere.
    public static final int EV_ADD = 0x1;
    public static final int EV_DELETE = 0x2;
    public static final int EV_CLEAR = 0x20;
    public static final int EV_RECEIPT = 0x40;
    public static final int EV_ERROR = 0x4000;
    public static final int EV_EOF = 0x8000;
    public static final int NOTE_TRIGGER = 0x1000000;

    /** With fields of two bytes, as first published. */
    static KeventLayout narrow(int size, int user) {
        return new KeventLayout(size, false, 8, 10, 12, 16, 24, -1, -2, user);
    }

    /** NetBSD's, whose {@code data} is aligned to eight bytes. */
    static KeventLayout wide(int user) {
        return new KeventLayout(40, true, 8, 12, 16, 24, 32, 0, 1, user);
    }

    /** Writes entry {@code index} of an array in the machine's byte order, {@code data} and extensions being 0. */
    public void put(ByteBuffer array, int index, int ident, int filterValue, int flagBits, int fflagBits, long token) {
        int at = index * size;
        for (int i = at; i < at + size; i += Long.BYTES) {
            array.putLong(i, 0);
        }
        array.putLong(at, ident);
        if (wide) {
            array.putInt(at + filter, filterValue).putInt(at + flags, flagBits);
        } else {
            array.putShort(at + filter, (short) filterValue).putShort(at + flags, (short) flagBits);
        }
        array.putInt(at + fflags, fflagBits).putLong(at + udata, token);
    }

    /** The handle of entry {@code index}. */
    public int ident(ByteBuffer array, int index) {
        return (int) array.getLong(index * size);
    }

    /** The filter of entry {@code index}. */
    public int filter(ByteBuffer array, int index) {
        int at = index * size + filter;
        return wide ? array.getInt(at) : array.getShort(at);
    }

    /** The {@code EV_} bits of entry {@code index}. */
    public int flags(ByteBuffer array, int index) {
        int at = index * size + flags;
        return wide ? array.getInt(at) : array.getShort(at) & 0xffff;
    }

    /** With {@link #EV_EOF} the errno of the socket, or 0. */
    public int fflags(ByteBuffer array, int index) {
        return array.getInt(index * size + fflags);
    }

    /** With {@link #EV_ERROR} the errno of the change, or 0. */
    public long data(ByteBuffer array, int index) {
        return array.getLong(index * size + data);
    }

    /** The token of entry {@code index}. */
    public long udata(ByteBuffer array, int index) {
        return array.getLong(index * size + udata);
    }
}
