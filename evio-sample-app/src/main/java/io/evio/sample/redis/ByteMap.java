package io.evio.sample.redis;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A hash table from bytes to bytes: open addressing with linear probing, looked up by a range of somebody else's array,
 * so that neither a look-up nor an overwrite of the same length makes garbage. The hash is seeded, lest a client choose
 * keys that collide. Not thread-safe.
 */
final class ByteMap {

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int SMALLEST = 16;

    /** A table of which less than one slot in so many is used shrinks. */
    private static final int SPARSE = 16;

    private final long seed;

    /** Odd: the factor of {@link #mix}, as secret as the seed. */
    private final long factor;

    private byte[] @Nullable [] keys = new byte[SMALLEST][];
    private byte[] @Nullable [] values = new byte[SMALLEST][];
    private int[] hashes = new int[SMALLEST];
    private int size;

    ByteMap() {
        SecureRandom random = new SecureRandom();
        seed = random.nextLong();
        factor = random.nextLong() | 1;
    }

    int size() {
        return size;
    }

    /** For going through the table: how many slots there are, some of them empty. */
    int slots() {
        return keys.length;
    }

    byte @Nullable [] keyAt(int slot) {
        return keys[slot];
    }

    byte @Nullable [] valueAt(int slot) {
        return values[slot];
    }

    /** The value of the key that is the range of {@code bytes}, or null. */
    byte @Nullable [] get(byte[] bytes, int offset, int length) {
        return values[find(bytes, offset, length, hash(bytes, offset, length))];
    }

    /** Keeps the value, which is not copied, under a copy of the key; one that was there before is gone. */
    void put(byte[] bytes, int offset, int length, byte[] value) {
        int hash = hash(bytes, offset, length);
        int slot = find(bytes, offset, length, hash);
        if (keys[slot] == null) {
            if (size >= keys.length / 2) {
                resize(Math.multiplyExact(keys.length, 2));
                slot = find(bytes, offset, length, hash);
            }
            keys[slot] = Arrays.copyOfRange(bytes, offset, offset + length);
            hashes[slot] = hash;
            size++;
        }
        values[slot] = value;
    }

    /** Removes the key; false when there is none. Others may move into its slot, and the table may shrink. */
    boolean remove(byte[] bytes, int offset, int length) {
        int hole = find(bytes, offset, length, hash(bytes, offset, length));
        if (keys[hole] == null) {
            return false;
        }
        int mask = keys.length - 1;
        // Later entries of the run move up, unless they would land before the slot their hash asks for.
        for (int i = (hole + 1) & mask; keys[i] != null; i = (i + 1) & mask) {
            if (((i - hashes[i]) & mask) >= ((i - hole) & mask)) {
                keys[hole] = keys[i];
                values[hole] = values[i];
                hashes[hole] = hashes[i];
                hole = i;
            }
        }
        keys[hole] = null;
        values[hole] = null;
        size--;
        if (keys.length > SMALLEST && size < keys.length / SPARSE) {
            resize(keys.length / 4);
        }
        return true;
    }

    void clear() {
        keys = new byte[SMALLEST][];
        values = new byte[SMALLEST][];
        hashes = new int[SMALLEST];
        size = 0;
    }

    /** The slot of the key, or the empty one where it would go. */
    private int find(byte[] bytes, int offset, int length, int hash) {
        int mask = keys.length - 1;
        for (int i = hash & mask; ; i = (i + 1) & mask) {
            byte[] key = keys[i];
            if (key == null || (hashes[i] == hash && equal(key, bytes, offset, length))) {
                return i;
            }
        }
    }

    /**
     * By eights, the last of which may overlap: for the length of keys that is faster than the JDK's general
     * comparison.
     */
    private static boolean equal(byte[] key, byte[] bytes, int offset, int length) {
        if (key.length != length) {
            return false;
        }
        int last = length - Long.BYTES;
        if (last < 0) {
            return Arrays.equals(key, 0, length, bytes, offset, offset + length);
        }
        if (length <= 2 * Long.BYTES) {
            // Most keys, and both at once.
            long first = (long) LONGS.get(key, 0) ^ (long) LONGS.get(bytes, offset);
            long second = (long) LONGS.get(key, last) ^ (long) LONGS.get(bytes, offset + last);
            return (first | second) == 0;
        }
        for (int i = 0; i < last; i += Long.BYTES) {
            if ((long) LONGS.get(key, i) != (long) LONGS.get(bytes, offset + i)) {
                return false;
            }
        }
        return (long) LONGS.get(key, last) == (long) LONGS.get(bytes, offset + last);
    }

    private void resize(int capacity) {
        byte[] @Nullable [] oldKeys = keys;
        byte[] @Nullable [] oldValues = values;
        int[] oldHashes = hashes;
        keys = new byte[capacity][];
        values = new byte[capacity][];
        hashes = new int[capacity];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldKeys[i] != null) {
                int slot = oldHashes[i] & (capacity - 1);
                while (keys[slot] != null) {
                    slot = (slot + 1) & (capacity - 1);
                }
                keys[slot] = oldKeys[i];
                values[slot] = oldValues[i];
                hashes[slot] = oldHashes[i];
            }
        }
    }

    /** By eights, the last of which may overlap: the length, which goes in first, says by how much. */
    int hash(byte[] bytes, int offset, int length) {
        long hash = seed ^ length;
        int last = offset + length - Long.BYTES;
        if (last < offset) {
            return (int) mix(hash ^ fewBytes(bytes, offset, length));
        }
        if (length <= 2 * Long.BYTES) {
            // One multiplication of both words: of two, one would wait for the other.
            return (int) fold(hash ^ (long) LONGS.get(bytes, offset), factor ^ (long) LONGS.get(bytes, last));
        }
        for (int i = offset; i < last; i += Long.BYTES) {
            hash = mix(hash ^ (long) LONGS.get(bytes, i));
        }
        return (int) mix(hash ^ (long) LONGS.get(bytes, last));
    }

    private static long fewBytes(byte[] bytes, int offset, int length) {
        if (length >= Integer.BYTES) {
            long first = (int) INTS.get(bytes, offset);
            long last = (int) INTS.get(bytes, offset + length - Integer.BYTES);
            return first << Integer.SIZE ^ last & 0xffff_ffffL;
        }
        long few = 0;
        for (int i = offset; i < offset + length; i++) {
            few = few << Byte.SIZE | bytes[i] & 0xff;
        }
        return few;
    }

    /** Each bit has to do with all bits of the result, in a way that depends on the secret factor. */
    private long mix(long x) {
        return fold(x, factor);
    }

    /**
     * The product, without signs, its upper half folded into the lower one. With signs that of both negated would be
     * the same.
     */
    private static long fold(long x, long y) {
        return Math.multiplyHigh(x, y) + (x >> 63 & y) + (y >> 63 & x) ^ x * y;
    }
}
