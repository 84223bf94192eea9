package io.evio.internal.sys;

import java.nio.ByteBuffer;

/**
 * The offsets of the fields of {@code struct kevent} on a system, see kqueue(2), and its filter for wakes.
 * {@code filter} and {@code flags} are two bytes each, {@code fflags} is four, all others are eight, at the same places
 * on every system; what follows them, extensions on FreeBSD, is 0.
 *
 * @param size the size of the structure
 * @param user {@code EVFILT_USER}
 */
public record KeventLayout(int size, int user) {

    // The same everywhere.
    public static final int EV_ADD = 0x1;
    public static final int EV_DELETE = 0x2;
    public static final int EV_CLEAR = 0x20;
    public static final int EV_RECEIPT = 0x40;
    public static final int EV_ERROR = 0x4000;
    public static final int EV_EOF = 0x8000;
    public static final int NOTE_TRIGGER = 0x1000000;

    public static final int EVFILT_READ = -1;
    public static final int EVFILT_WRITE = -2;

    // Offsets; ident is at 0.
    static final int FILTER = 8;
    static final int FLAGS = 10;
    static final int FFLAGS = 12;
    static final int DATA = 16;
    static final int UDATA = 24;

    /** Writes entry {@code index} of an array in the machine's byte order, {@code data} and extensions being 0. */
    public void put(ByteBuffer array, int index, int ident, int filter, int flags, int fflags, long token) {
        int at = index * size;
        for (int i = at; i < at + size; i += Long.BYTES) {
            array.putLong(i, 0);
        }
        array.putLong(at, ident)
                .putShort(at + FILTER, (short) filter)
                .putShort(at + FLAGS, (short) flags)
                .putInt(at + FFLAGS, fflags)
                .putLong(at + UDATA, token);
    }

    /** Returns the handle of entry {@code index}. */
    public int ident(ByteBuffer array, int index) {
        return (int) array.getLong(index * size);
    }

    /** Returns the filter of entry {@code index}. */
    public int filter(ByteBuffer array, int index) {
        return array.getShort(index * size + FILTER);
    }

    /** Returns the {@code EV_} bits of entry {@code index}. */
    public int flags(ByteBuffer array, int index) {
        return array.getShort(index * size + FLAGS) & 0xffff;
    }

    /** Returns the errno of the socket with {@link #EV_EOF}, or 0. */
    public int fflags(ByteBuffer array, int index) {
        return array.getInt(index * size + FFLAGS);
    }

    /** Returns the errno of the change with {@link #EV_ERROR}, or 0. */
    public long data(ByteBuffer array, int index) {
        return array.getLong(index * size + DATA);
    }

    /** Returns the token of entry {@code index}. */
    public long udata(ByteBuffer array, int index) {
        return array.getLong(index * size + UDATA);
    }
}
