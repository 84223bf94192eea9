package io.evio.internal.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.kenai.jffi.MemoryIO;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The debug mode finds every kind of misuse, and says where the memory was allocated and freed. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "these are Linux's calls")
class MemoryDebugTest {

    private static final MemoryIO RAW = MemoryIO.getInstance();

    private final long before = Memory.allocatedBytes();
    private Memory memory;

    @BeforeEach
    void make() {
        memory = new Memory(SystemLibrary.linux().calls());
        assertThat(memory.isDebug()).as("-D%s of the tests", Memory.DEBUG).isTrue();
    }

    /** A violation that is found here on purpose is no finding for the other tests of this JVM. */
    @AfterEach
    void forget() {
        MemoryViolations.found().clear();
        assertThat(Memory.allocatedBytes()).isEqualTo(before);
    }

    /** Each of the places is a stack that leads here. */
    private static void assertPlaces(Throwable violation, String... places) {
        assertThat(violation.getSuppressed()).extracting(Throwable::getMessage).containsExactly(places);
        assertThat(violation.getSuppressed())
                .allSatisfy(place ->
                        assertThat(Arrays.toString(place.getStackTrace())).contains(MemoryDebugTest.class.getName()));
        assertThat(Memory.violations()).contains(violation.getMessage());
    }

    @Test
    void ordinaryUseFindsNothing() {
        for (int i = 0; i < 1000; i++) {
            Block block = memory.allocate(1 + i * 10);
            block.buffer().put(0, (byte) 1).put(block.capacity() - 1, (byte) 1);
            block.free();
        }
        memory.allocateShared(100).buffer().put(99, (byte) 1);
        memory.close();
        assertThat(Memory.violations()).isEmpty();
    }

    @Test
    void byteBehindABlockIsFoundWhenItIsFreed() {
        Block block = memory.allocate(10);
        RAW.putByte(block.address() + 10, (byte) 0);
        assertThatIllegalStateException()
                .isThrownBy(block::free)
                .withMessage("Byte 10, outside of a block of 10 bytes, was written")
                .satisfies(found -> assertPlaces(found, "allocated here"));
    }

    @Test
    void byteInFrontOfABlockIsFoundWhenItIsFreed() {
        Block block = memory.allocate(10);
        RAW.putByte(block.address() - 1, (byte) 0);
        assertThatIllegalStateException()
                .isThrownBy(block::free)
                .withMessage("Byte -1, outside of a block of 10 bytes, was written");
    }

    @Test
    void byteBehindSharedMemoryIsFoundAtTheEnd() {
        Block block = memory.allocateShared(10);
        RAW.putByte(block.address() + 10, (byte) 0);
        assertThatIllegalStateException().isThrownBy(memory::close).withMessageContaining("Byte 10, outside");
    }

    @Test
    void writeToFreedMemoryIsFoundWhenItLeavesQuarantine() {
        Block block = memory.allocate(10);
        long address = block.address();
        block.free();
        assertThat(RAW.getByte(address)).as("poison").isEqualTo((byte) 0xdd);
        RAW.putByte(address + 3, (byte) 0);
        assertThatIllegalStateException()
                .isThrownBy(() -> {
                    for (int i = 0; i < 1000; i++) {
                        memory.allocate(10).free();
                    }
                })
                .withMessage("Byte 3 of a block of 10 bytes was written after it had been freed")
                .satisfies(found -> assertPlaces(found, "allocated here", "freed here"));
    }

    @Test
    void writeToFreedMemoryIsFoundAtTheEndToo() {
        Block block = memory.allocate(10);
        long address = block.address();
        block.free();
        RAW.putByte(address, (byte) 0);
        assertThatIllegalStateException().isThrownBy(memory::close).withMessageContaining("after it had been freed");
    }

    @Test
    void secondFreeSaysWhereTheFirstWas() {
        Block block = memory.allocate(10);
        block.free();
        assertThatIllegalStateException()
                .isThrownBy(block::free)
                .withMessage("A block of 10 bytes is freed again after it was freed")
                .satisfies(found -> assertPlaces(found, "freed here"));
    }

    @Test
    void useAfterFreeSaysWhereItWasFreed() {
        Block block = memory.allocate(10);
        block.free();
        assertThatIllegalStateException()
                .isThrownBy(block::buffer)
                .withMessage("A block of 10 bytes is used after it was freed")
                .satisfies(found -> assertPlaces(found, "freed here"));
        assertThatIllegalStateException().isThrownBy(block::address);
    }

    @Test
    void whatIsNeverFreedIsToldAtTheEndWithWhereItIsFrom() {
        Block one = memory.allocate(10);
        Block other = memory.allocate(20);
        assertThatIllegalStateException()
                .isThrownBy(memory::close)
                .withMessage("2 blocks of 30 bytes together were never freed")
                .satisfies(found -> assertPlaces(found, "allocated here", "allocated here"));
        one.free();
        other.free();
        memory.close();
    }

    /** Without the debug mode a block still knows that it is free. */
    @Test
    void doubleFreeAndUseAfterFreeAreRefusedInProductionToo() {
        System.setProperty(Memory.DEBUG, "false");
        try {
            Block block = new Memory(SystemLibrary.linux().calls()).allocate(10);
            block.free();
            assertThatThrownBy(block::free).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(block::buffer).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(block::address).isInstanceOf(IllegalStateException.class);
        } finally {
            System.setProperty(Memory.DEBUG, "true");
        }
    }
}
