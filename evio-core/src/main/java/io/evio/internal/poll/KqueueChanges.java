package io.evio.internal.poll;

import static io.evio.internal.sys.KeventLayout.EV_ERROR;
import static io.evio.internal.sys.KeventLayout.EV_RECEIPT;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.KeventLayout;
import io.evio.internal.sys.KqueueLibc;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.SystemLibrary;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A list of changes that kevent(2) makes in one call. Each asks for a receipt: without, the first that fails would keep
 * the next from being made, and events that are ready would come instead of the answers.
 */
final class KqueueChanges {

    private static final int TIMESPEC_SIZE = 16;

    private final SystemLibrary<? extends KqueueLibc> library;
    private final KeventLayout layout;
    private final int queue;

    /** The changes, in whose place the receipts come; behind them a time of zero. */
    private final Block block;

    private final ByteBuffer array;
    private final long noTime;
    private int count;

    KqueueChanges(
            SystemLibrary<? extends KqueueLibc> library, KeventLayout layout, int queue, int capacity, Memory memory) {
        this.library = library;
        this.layout = layout;
        this.queue = queue;
        int size = capacity * layout.size();
        this.block = memory.allocate(size + TIMESPEC_SIZE);
        this.array = block.buffer().order(ByteOrder.nativeOrder());
        this.noTime = block.address() + size;
        array.putLong(size, 0).putLong(size + 8, 0);
    }

    void add(int ident, int filter, int flags, int fflags, long token) {
        layout.put(array, count++, ident, filter, flags | EV_RECEIPT, fflags, token);
    }

    /** Makes them all. Returns 0, or the negated errno of the first that failed. */
    int apply() {
        int wanted = count;
        count = 0;
        int n = library.calls().kevent(queue, block.address(), wanted, block.address(), wanted, noTime);
        if (n < 0) {
            return library.result(n);
        }
        for (int i = 0; i < n; i++) {
            if ((layout.flags(array, i) & EV_ERROR) != 0 && layout.data(array, i) != 0) {
                return (int) -layout.data(array, i);
            }
        }
        return 0;
    }

    void free() {
        block.free();
    }
}
