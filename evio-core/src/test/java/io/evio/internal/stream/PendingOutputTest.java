package io.evio.internal.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.internal.loop.Counters;
import io.evio.internal.sys.Libc;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.SystemLibrary;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class PendingOutputTest {

    private static final Libc LIBC = SystemLibrary.linux().calls();

    private final Counters counters = new Counters();

    @Test
    void whatWasAppendedBeforeMemoryRanOutIsCountedAndFreed() {
        Memory memory = new Memory(libcThatHas(1));
        ChunkPool pool = new ChunkPool(memory, counters);
        PendingOutput output = new PendingOutput(pool);
        byte[] bytes = new byte[ChunkPool.CHUNK + 1];
        assertThatThrownBy(() -> output.write(bytes, 0, bytes.length)).isInstanceOf(OutOfMemoryError.class);
        assertThat(output.size()).isEqualTo(ChunkPool.CHUNK);
        assertThat(counters.writePending.get()).isEqualTo(ChunkPool.CHUNK);
        output.free();
        assertThat(counters.writePending.get()).isZero();
        assertThat(counters.pendingMemory.get()).isZero();
        pool.close();
        // In debug mode, which the tests are in, this finds what was not freed.
        memory.close();
    }

    /** The C library, whose malloc(3) has so many blocks. */
    private static Libc libcThatHas(int blocks) {
        int[] left = {blocks};
        return (Libc) Proxy.newProxyInstance(
                Libc.class.getClassLoader(), new Class<?>[] {Libc.class}, (proxy, call, arguments) -> {
                    if (call.getName().equals("malloc") && left[0]-- == 0) {
                        return 0L;
                    }
                    try {
                        return call.invoke(LIBC, arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }
}
