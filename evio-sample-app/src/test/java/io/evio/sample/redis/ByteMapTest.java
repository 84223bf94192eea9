package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ByteMapTest {

    private final ByteMap map = new ByteMap();

    @Test
    void doesWhatAHashMapDoes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Map<String, byte[]> expected = new HashMap<>();
        for (int i = 0; i < 300_000; i++) {
            String key = Integer.toString(random.nextInt(random.nextBoolean() ? 50 : 5_000), 2);
            byte[] bytes = ("12345" + key + "78").getBytes(StandardCharsets.US_ASCII);
            switch (random.nextInt(4)) {
                case 0 -> {
                    byte[] value = {(byte) i};
                    map.put(bytes, 5, key.length(), value);
                    expected.put(key, value);
                }
                case 1 ->
                    assertThat(map.remove(bytes, 5, key.length()))
                            .as("seed %s", seed)
                            .isEqualTo(expected.remove(key) != null);
                default ->
                    assertThat(map.get(bytes, 5, key.length()))
                            .as("seed %s", seed)
                            .isSameAs(expected.get(key));
            }
            assertThat(map.size()).isEqualTo(expected.size());
        }
        expected.forEach((key, value) -> assertThat(map.get(key.getBytes(StandardCharsets.US_ASCII), 0, key.length()))
                .isSameAs(value));
    }

    /** Neither a number and its negative one, of which a signed product has the same bits, nor flipped highest bits. */
    @Test
    void noPairOfKeysCollidesWhateverTheSeed() {
        Random random = new Random(1);
        int same = 0;
        for (int i = 0; i < 10_000; i++) {
            long first = random.nextLong();
            long second = random.nextLong();
            int hash = hash(first, second);
            same += hash == hash(~first ^ 1, second ^ 1) ? 1 : 0;
            same += hash == hash(first ^ Long.MIN_VALUE, second ^ Long.MIN_VALUE) ? 1 : 0;
            same += hash == hash(first ^ Long.MIN_VALUE, second ^ Long.MIN_VALUE ^ 1L << 34) ? 1 : 0;
            same += hash == hash(~first ^ 1, ~second ^ 1) ? 1 : 0;
            same += hash == hash(second, first) ? 1 : 0;
        }
        assertThat(same).isLessThan(10);
    }

    /**
     * About as many slots are taken as by chance, 63 % of them. A single seed may do worse: the median of some is
     * looked at.
     */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "%d",
                "key%05d",
                "user:%05d",
                "bench:%010d",
                "%05d:name",
                "%1$05d0000%1$05d",
                "session:%05d:basket"
            })
    void keysThatCountUpSpreadOverTheTable(String format) {
        int slots = 1 << 14;
        List<byte[]> keys = IntStream.range(0, slots)
                .mapToObj(number -> String.format(format, number).getBytes(StandardCharsets.US_ASCII))
                .toList();
        double[] taken = new double[21];
        for (int i = 0; i < taken.length; i++) {
            ByteMap seeded = new ByteMap();
            BitSet seen = new BitSet();
            for (byte[] key : keys) {
                seen.set(seeded.hash(key, 0, key.length) & slots - 1);
            }
            taken[i] = seen.cardinality() / (double) slots;
        }
        Arrays.sort(taken);
        assertThat(taken[taken.length / 2]).isGreaterThan(0.58);
    }

    private int hash(long first, long second) {
        byte[] key = ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(first)
                .putLong(second)
                .array();
        return map.hash(key, 0, key.length);
    }

    @Test
    void keysOfEveryLengthAreToldApartByEachOfTheirBytes() {
        byte[] value = {};
        for (int length = 0; length < 40; length++) {
            byte[] key = new byte[length];
            map.put(key, 0, length, value);
            assertThat(map.get(key, 0, length)).isSameAs(value);
            for (int i = 0; i < length; i++) {
                byte[] other = key.clone();
                other[i] ^= (byte) 0x80;
                assertThat(map.get(other, 0, length)).isNull();
            }
        }
    }

    @Test
    void keepsACopyOfTheKey() {
        byte[] key = {1, 2, 3};
        map.put(key, 0, 3, key);
        byte[] same = key.clone();
        Arrays.fill(key, (byte) 9);
        assertThat(map.get(same, 0, 3)).isSameAs(key);
    }

    @Test
    void aTableThatHasBecomeSparseShrinks() {
        byte[] key = new byte[4];
        for (int i = 0; i < 100_000; i++) {
            ByteBuffer.wrap(key).putInt(i);
            map.put(key, 0, 4, new byte[] {(byte) i});
        }
        assertThat(map.slots()).isGreaterThan(100_000);
        for (int i = 10; i < 100_000; i++) {
            ByteBuffer.wrap(key).putInt(i);
            assertThat(map.remove(key, 0, 4)).isTrue();
        }
        assertThat(map.slots()).isLessThanOrEqualTo(256);
        for (int i = 0; i < 10; i++) {
            ByteBuffer.wrap(key).putInt(i);
            assertThat(map.get(key, 0, 4)).containsExactly(i);
        }
    }

    @Test
    void clearForgetsAll() {
        byte[] key = {1};
        map.put(key, 0, 1, key);
        map.clear();
        assertThat(map.size()).isZero();
        assertThat(map.get(key, 0, 1)).isNull();
        assertThat(map.remove(key, 0, 1)).isFalse();
    }
}
