package io.evio.internal.poll;

import com.kenai.jffi.MemoryIO;
import io.evio.internal.sys.KqueueSystem;

/**
 * {@code struct kevent} as the system's header declares it, written down once more and apart from the code under test:
 * a kernel reads and writes raw memory by this.
 *
 * @param size what sizeof says
 */
record KeventStruct(
        int size, int filterAt, int flagsAt, int fflagsAt, int dataAt, int udataAt, int read, int write, int user) {

    private static final MemoryIO MEMORY = MemoryIO.getInstance();

    static KeventStruct of(KqueueSystem system) {
        return switch (system) {
            case MACOS -> new KeventStruct(32, 8, 10, 12, 16, 24, -1, -2, -10);
            case FREEBSD -> new KeventStruct(64, 8, 10, 12, 16, 24, -1, -2, -11);
            case OPENBSD -> new KeventStruct(32, 8, 10, 12, 16, 24, -1, -2, -10);
            case LINUX -> new KeventStruct(32, 8, 10, 12, 16, 24, -1, -2, -11);
        };
    }

    /** The values of one structure. */
    record Kevent(long ident, int filter, int flags, int fflags, long data, long udata) {

        Kevent withReceipt(int errno) {
            return new Kevent(ident, filter, 0x4000, fflags, errno, udata);
        }
    }

    Kevent read(long array, int index) {
        long at = array + (long) index * size;
        return new Kevent(
                MEMORY.getLong(at),
                MEMORY.getShort(at + filterAt),
                MEMORY.getShort(at + flagsAt) & 0xffff,
                MEMORY.getInt(at + fflagsAt),
                MEMORY.getLong(at + dataAt),
                MEMORY.getLong(at + udataAt));
    }

    /** Fills what is between and behind the fields as well, as a kernel may. */
    void write(long array, int index, Kevent event) {
        long at = array + (long) index * size;
        for (int i = 0; i < size; i++) {
            MEMORY.putByte(at + i, (byte) 0xa5);
        }
        MEMORY.putLong(at, event.ident());
        MEMORY.putShort(at + filterAt, (short) event.filter());
        MEMORY.putShort(at + flagsAt, (short) event.flags());
        MEMORY.putInt(at + fflagsAt, event.fflags());
        MEMORY.putLong(at + dataAt, event.data());
        MEMORY.putLong(at + udataAt, event.udata());
    }
}
