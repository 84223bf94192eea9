package io.evio.internal.sys;

import java.io.IOException;
import java.nio.channels.NetworkChannel;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Channels by small numbers, which are given again as descriptors are: once closed. Thread-safe; a look-up takes no
 * lock.
 */
final class ChannelTable {

    private volatile @Nullable NetworkChannel[] channels = new @Nullable NetworkChannel[64];

    /** The numbers below {@link #used} that are free, the last one freed on top. */
    private int[] free = new int[64];

    private int freeCount;
    private int used;

    synchronized int add(NetworkChannel channel) {
        int handle = freeCount > 0 ? free[--freeCount] : used++;
        @Nullable NetworkChannel[] current = channels;
        if (handle >= current.length) {
            current = Arrays.copyOf(current, handle * 2);
        }
        current[handle] = channel;
        channels = current; // also when it is the same: whoever reads it next sees the element
        return handle;
    }

    /** The channel of a handle that is open, or null. */
    @Nullable
    NetworkChannel find(int handle) {
        @Nullable NetworkChannel[] current = channels;
        return handle >= 0 && handle < current.length ? current[handle] : null;
    }

    /** Frees a handle; returns its channel, or null when it was not open. */
    synchronized @Nullable NetworkChannel remove(int handle) {
        NetworkChannel channel = find(handle);
        if (channel != null) {
            channels[handle] = null;
            if (freeCount == free.length) {
                free = Arrays.copyOf(free, freeCount * 2);
            }
            free[freeCount++] = handle;
        }
        return channel;
    }

    /** Closes a channel, in a table or not. Returns 0 or the negated errno. */
    static int close(NetworkChannel channel) {
        try {
            channel.close();
            return 0;
        } catch (IOException e) {
            return -JavaErrors.errno(e);
        }
    }
}
