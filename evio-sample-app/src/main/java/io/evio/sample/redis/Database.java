package io.evio.sample.redis;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Keys with their values, some of them with a time at which they go. A value is kept as the whole reply to its GET: made
 * once, sent many times. A key is a range of the caller's array.
 */
final class Database {

    /** How many slots of the table of times one sweep looks at: a fraction of a millisecond. */
    private static final int SWEPT = 4096;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteMap replies = new ByteMap();

    /** For the keys that have one: when they go, in milliseconds since 1970. */
    private final ByteMap deadlines = new ByteMap();

    private int sweepAt;

    /** The reply to a GET of the key, or null. To be copied before the next change. */
    byte @Nullable [] reply(byte[] bytes, int key, int keyLength) {
        if (deadlines.size() > 0) {
            removeIfExpired(bytes, key, keyLength);
        }
        return replies.get(bytes, key, keyLength);
    }

    /** Keeps a copy of the value under the key, for ever unless it had a deadline that is to be kept. */
    void set(byte[] bytes, int key, int keyLength, int value, int valueLength, boolean keepDeadline) {
        byte[] reply = reply(bytes, key, keyLength);
        if (reply == null || reply.length != Replies.bulkLength(valueLength)) {
            reply = Replies.bulk(valueLength);
            replies.put(bytes, key, keyLength, reply);
        }
        System.arraycopy(bytes, value, reply, reply.length - 2 - valueLength, valueLength);
        if (deadlines.size() > 0 && !keepDeadline) {
            deadlines.remove(bytes, key, keyLength);
        }
    }

    /** Lets the key, which is there, go at that time. */
    void expire(byte[] bytes, int key, int keyLength, long millis) {
        byte[] deadline = new byte[Long.BYTES];
        LONGS.set(deadline, 0, millis);
        deadlines.put(bytes, key, keyLength, deadline);
    }

    /** Removes the key; false when there is none. */
    boolean remove(byte[] bytes, int key, int keyLength) {
        if (deadlines.size() > 0) {
            removeIfExpired(bytes, key, keyLength);
            deadlines.remove(bytes, key, keyLength);
        }
        return replies.remove(bytes, key, keyLength);
    }

    void clear() {
        replies.clear();
        deadlines.clear();
    }

    int size() {
        return replies.size();
    }

    private void removeIfExpired(byte[] bytes, int key, int keyLength) {
        byte[] deadline = deadlines.get(bytes, key, keyLength);
        if (deadline != null && isOver(deadline, System.currentTimeMillis())) {
            deadlines.remove(bytes, key, keyLength);
            replies.remove(bytes, key, keyLength);
        }
    }

    /** Removes some of the keys whose time is over, so that those nobody asks for do not stay for ever. */
    void removeExpired() {
        if (deadlines.size() == 0) {
            return;
        }
        long now = System.currentTimeMillis();
        for (int i = 0; i < SWEPT; i++) {
            sweepAt = sweepAt < deadlines.slots() ? sweepAt : 0;
            byte[] key = deadlines.keyAt(sweepAt);
            byte[] deadline = deadlines.valueAt(sweepAt);
            if (key != null && deadline != null && isOver(deadline, now)) {
                // Another key may move up into the slot, which is looked at again for that.
                deadlines.remove(key, 0, key.length);
                replies.remove(key, 0, key.length);
            } else {
                sweepAt++;
            }
        }
    }

    private static boolean isOver(byte[] deadline, long now) {
        return (long) LONGS.get(deadline, 0) <= now;
    }
}
