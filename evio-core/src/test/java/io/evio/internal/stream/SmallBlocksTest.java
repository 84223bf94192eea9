package io.evio.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.internal.sys.Block;
import io.evio.internal.sys.Memory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SmallBlocksTest {

    private static final int LARGEST = 16 * 1024;

    private final Memory memory = Memory.ofJava();
    private final SmallBlocks blocks = new SmallBlocks(memory, LARGEST);
    private final long before = Memory.allocatedBytes();

    @AfterEach
    void everythingIsFreed() {
        blocks.close();
        assertThat(Memory.allocatedBytes()).isEqualTo(before);
        memory.close();
    }

    @ParameterizedTest
    @CsvSource({"1,256", "256,256", "257,512", "512,512", "8192,8192", "8193,16384", "16384,16384"})
    void aBlockIsTheNextPowerOfTwo(int wanted, int capacity) {
        Block block = blocks.take(wanted);
        assertThat(block.capacity()).isEqualTo(capacity);
        blocks.give(block);
    }

    @Test
    void theLastOneGivenIsTakenNext() {
        Block small = blocks.take(10);
        Block large = blocks.take(LARGEST);
        blocks.give(small);
        blocks.give(large);
        assertThat(blocks.take(256)).isSameAs(small);
        assertThat(blocks.take(LARGEST)).isSameAs(large);
        blocks.give(small);
        blocks.give(large);
    }

    @ParameterizedTest
    @CsvSource({"256", "16384"})
    void atMost64KibOfASizeAreKept(int size) {
        List<Block> taken = new ArrayList<>();
        for (int bytes = 0; bytes < 256 * 1024; bytes += size) {
            taken.add(blocks.take(size));
        }
        taken.forEach(blocks::give);
        assertThat(Memory.allocatedBytes() - before).isEqualTo(64 * 1024);
    }
}
