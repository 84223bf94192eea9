package io.evio.sample.redis;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * Keys with their values, some of them with a time at which they go. A value is kept as the whole reply to its GET:
 * made once, sent many times. A key is a range of the caller's array.
 *
 * <p>Deadlines are points of the wall clock, as in the original, since EXPIREAT names such points: when the clock is
 * set, keys go earlier or later by as much.
 */
final class Database {

    /** The {@link #deadline} of a key that has none. */
    static final long NEVER = -1;

    /** The number of slots of the table of deadlines that one sweep looks at: a fraction of a millisecond. */
    private static final int SWEPT = 4096;

    /** The share of expired keys, one in so many, above which there are likely more of them. */
    private static final int MANY = 10;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteMap replies = new ByteMap();

    /** For the keys that have one: when they go, in milliseconds since 1970. */
    private final ByteMap deadlines = new ByteMap();

    private final Statistics statistics;
    private int sweepAt;

    Database(Statistics statistics) {
        this.statistics = statistics;
    }

    /** The reply to a GET of the key, or null. To be copied before the next change. */
    byte @Nullable [] reply(byte[] bytes, int key, int keyLength) {
        if (deadlines.size() > 0) {
            removeIfExpired(bytes, key, keyLength);
        }
        return replies.get(bytes, key, keyLength);
    }

    /** As {@link #reply}, for a command that reads: it counts as a hit or a miss. */
    byte @Nullable [] read(byte[] bytes, int key, int keyLength) {
        byte[] reply = reply(bytes, key, keyLength);
        if (reply == null) {
            statistics.misses++;
        } else {
            statistics.hits++;
        }
        return reply;
    }

    /**
     * Makes room for a value of that length under the key, whose deadline stays.
     *
     * @return the reply to a GET of the key, for the caller to put the value at its {@link Replies#bulkEnd end}; the
     *     old one when the lengths are the same
     */
    byte[] put(byte[] bytes, int key, int keyLength, int valueLength) {
        byte[] reply = reply(bytes, key, keyLength);
        if (reply == null || reply.length != Replies.bulkLength(valueLength)) {
            reply = Replies.bulk(valueLength);
            replies.put(bytes, key, keyLength, reply);
        }
        return reply;
    }

    /** Keeps a copy of the argument behind the key's, for ever unless a deadline that it had is to be kept. */
    void set(Arguments command, int key, boolean keepDeadline) {
        byte[] bytes = command.source();
        int length = command.length(key + 1);
        byte[] reply = put(bytes, command.start(key), command.length(key), length);
        copy(bytes, command.start(key + 1), reply, Replies.bulkEnd(reply) - length, length);
        if (!keepDeadline) {
            persist(bytes, command.start(key), command.length(key));
        }
    }

    /** Few bytes by two words, of which the second may overlap the first: the JVM's copy of arrays is a call. */
    private static void copy(byte[] from, int start, byte[] to, int at, int length) {
        if (length < Long.BYTES || length > 2 * Long.BYTES) {
            System.arraycopy(from, start, to, at, length);
        } else {
            int last = length - Long.BYTES;
            LONGS.set(to, at, (long) LONGS.get(from, start));
            LONGS.set(to, at + last, (long) LONGS.get(from, start + last));
        }
    }

    /** Lets the key, which is there, go at that time. */
    void expire(byte[] bytes, int key, int keyLength, long millis) {
        byte[] deadline = deadlines.get(bytes, key, keyLength);
        if (deadline == null) {
            deadline = new byte[Long.BYTES];
            deadlines.put(bytes, key, keyLength, deadline);
        }
        LONGS.set(deadline, 0, millis);
    }

    /** Returns when the key, which is there, goes, in milliseconds since 1970, or {@link #NEVER}. */
    long deadline(byte[] bytes, int key, int keyLength) {
        byte[] deadline = deadlines.size() == 0 ? null : deadlines.get(bytes, key, keyLength);
        return deadline == null ? NEVER : (long) LONGS.get(deadline, 0);
    }

    /** Lets the key stay; false when it had no deadline. */
    boolean persist(byte[] bytes, int key, int keyLength) {
        return deadlines.size() > 0 && deadlines.remove(bytes, key, keyLength);
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
        statistics.noTimeToLive();
    }

    /** Returns how many keys there are, those among them whose time is over and which are not removed yet. */
    int size() {
        return replies.size();
    }

    /** Returns how many of them have a deadline. */
    int sizeWithDeadline() {
        return deadlines.size();
    }

    private void removeIfExpired(byte[] bytes, int key, int keyLength) {
        byte[] deadline = deadlines.get(bytes, key, keyLength);
        if (deadline != null && (long) LONGS.get(deadline, 0) <= System.currentTimeMillis()) {
            removeExpired(bytes, key, keyLength);
        }
    }

    private void removeExpired(byte[] bytes, int key, int keyLength) {
        deadlines.remove(bytes, key, keyLength);
        replies.remove(bytes, key, keyLength);
        statistics.expired++;
    }

    /**
     * Removes some of the keys whose time is over, so that those nobody asks for do not stay for ever. A call looks at
     * a bounded number.
     *
     * @return whether there were many of them, so that it is worth to look at more soon
     */
    boolean sweep() {
        if (deadlines.size() == 0) {
            return false;
        }
        long now = System.currentTimeMillis();
        int expired = 0;
        int alive = 0;
        double sum = 0;
        for (int i = 0; i < SWEPT; i++) {
            sweepAt = sweepAt < deadlines.slots() ? sweepAt : 0;
            byte[] key = deadlines.keyAt(sweepAt);
            byte[] deadline = deadlines.valueAt(sweepAt);
            long left = deadline == null ? 0 : (long) LONGS.get(deadline, 0) - now;
            if (key != null && left <= 0) {
                // Another key may move up into the slot, which is looked at again for that.
                removeExpired(key, 0, key.length);
                expired++;
                continue;
            }
            if (key != null) {
                alive++;
                sum += left;
            }
            sweepAt++;
        }
        if (alive > 0) {
            statistics.timeToLive((long) (sum / alive));
        }
        return expired > (expired + alive) / MANY;
    }
}
