package io.evio.frame;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Frames leave no garbage behind, whole or in pieces. */
class FrameAllocationTest {

    private static final int FRAMES = 100_000;

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final byte[] copy = new byte[100];

    static Stream<Arguments> scanners() {
        LengthPrefix prefix =
                LengthPrefix.ofBytes(2).littleEndian().withOffset(1).countingWholeFrame();
        return Stream.of(
                Arguments.of("some line\r\n", LineScanner.ofMaxLength(100)),
                Arguments.of("a\r\nframe\r\n\r\n", DelimiterScanner.of(Streams.bytes("\r\n\r\n"), 100)),
                Arguments.of("T\6\0abc", LengthPrefixScanner.of(prefix, 100)));
    }

    @ParameterizedTest
    @MethodSource("scanners")
    void framesAllocateNothing(String frame, FrameScanner scanner) {
        byte[] bytes = Streams.bytes(frame);
        ByteBuffer in = ByteBuffer.allocateDirect(bytes.length).put(0, bytes).asReadOnlyBuffer();
        long thread = Thread.currentThread().getId();
        scan(scanner, in);
        long before = THREADS.getThreadAllocatedBytes(thread);
        long content = scan(scanner, in);
        long allocated = THREADS.getThreadAllocatedBytes(thread) - before;
        assertThat(content).isEqualTo((long) FRAMES * scanner.length());
        assertThat(allocated / (double) FRAMES).as("bytes per frame").isLessThan(0.01);
    }

    /** Each frame byte by byte, and copied. */
    private long scan(FrameScanner scanner, ByteBuffer in) {
        long content = 0;
        for (int i = 0; i < FRAMES; i++) {
            in.clear();
            for (int arrived = 0; arrived < in.capacity(); arrived++) {
                if (scanner.next(in.limit(arrived))) {
                    throw new AssertionError("A frame after " + arrived + " bytes");
                }
            }
            if (!scanner.next(in.clear())) {
                throw new AssertionError("No frame");
            }
            content += scanner.copyTo(in, copy);
        }
        return content;
    }
}
