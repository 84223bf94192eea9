package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.evio.Action;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.TestHandler;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers for binary protocols, the highest byte first. */
class BinaryOutputTest extends ConformanceTest {

    /** The size of the output's buffer before it has to make room. */
    private static final int STAGED = 64 * 1024;

    /** Returns the bytes of an event that the client reads. */
    private byte[] written(int length, Consumer<Output> write) throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            in.position(in.limit());
            write.accept(out);
            return Action.CLOSE;
        });
        byte[] all = connect(start(handler, ANY_PORT)).send("x").readBytesToEnd();
        assertThat(all).hasSize(length);
        return all;
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    @Test
    void shortsAreTheLow16Bits() throws Exception {
        byte[] bytes = written(14, out -> {
            out.writeShort(0x0102);
            out.writeShort(0);
            out.writeShort(-1);
            out.writeShort(-2);
            out.writeShort(Short.MIN_VALUE);
            out.writeShort(0xffff);
            out.writeShort(0x12345678);
        });
        assertThat(hex(bytes)).isEqualTo("0102" + "0000" + "ffff" + "fffe" + "8000" + "ffff" + "5678");
    }

    @Test
    void intsAreFourBytes() throws Exception {
        byte[] bytes = written(20, out -> {
            out.writeInt(0x01020304);
            out.writeInt(-1);
            out.writeInt(Integer.MIN_VALUE);
            out.writeInt(Integer.MAX_VALUE);
            out.writeInt((int) 0x1_8000_0001L);
        });
        assertThat(hex(bytes)).isEqualTo("01020304" + "ffffffff" + "80000000" + "7fffffff" + "80000001");
    }

    @Test
    void longsAreEightBytes() throws Exception {
        byte[] bytes = written(40, out -> {
            out.writeLong(0x0102030405060708L);
            out.writeLong(-1);
            out.writeLong(Long.MIN_VALUE);
            out.writeLong(Long.MAX_VALUE);
            out.writeLong(-2L << 32);
        });
        assertThat(hex(bytes))
                .isEqualTo("0102030405060708" + "ffffffffffffffff" + "8000000000000000" + "7fffffffffffffff"
                        + "fffffffe00000000");
    }

    /** At every distance from the end of the buffer, and once again behind it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 13, 14, 15})
    void noByteIsLostWhereTheBufferEnds(int left) throws Exception {
        int before = STAGED - left;
        byte[] bytes = written(before + 14 + STAGED + 14, out -> {
            out.write(new byte[before]);
            numbers(out);
            out.write(new byte[STAGED]);
            numbers(out);
        });
        ByteBuffer read = ByteBuffer.wrap(bytes);
        check(read.position(before));
        check(read.position(before + 14 + STAGED));
    }

    private static void numbers(Output out) {
        out.writeShort(0xa1a2);
        out.writeInt(0xb1b2b3b4);
        out.writeLong(0xc1c2c3c4c5c6c7c8L);
    }

    private static void check(ByteBuffer read) {
        assertThat(read.getShort()).isEqualTo((short) 0xa1a2);
        assertThat(read.getInt()).isEqualTo(0xb1b2b3b4);
        assertThat(read.getLong()).isEqualTo(0xc1c2c3c4c5c6c7c8L);
    }

    @Test
    void numbersByTheThousandArriveInOrder() throws Exception {
        int count = 250_000;
        byte[] bytes = written(count * 14, out -> {
            for (int i = 0; i < count; i++) {
                out.writeShort(i);
                out.writeInt(-i);
                out.writeLong((long) i * i);
            }
        });
        ByteBuffer read = ByteBuffer.wrap(bytes);
        for (int i = 0; i < count; i++) {
            if (read.getShort() != (short) i || read.getInt() != -i || read.getLong() != (long) i * i) {
                throw new AssertionError("The numbers of step " + i + " are wrong");
            }
        }
    }

    /** The input was to be sent from where it lies, which is not possible any more. */
    @Test
    void theyFollowThePassedOnInput() throws Exception {
        TestHandler handler = new TestHandler().onData((connection, in, out) -> {
            out.write(in);
            out.writeShort(0x0102);
            return Action.NONE;
        });
        EvioServer server = start(handler, ANY_PORT);
        Client client = connect(server);
        assertThat(client.send("abc").read(5)).isEqualTo("abc\u0001\u0002");
    }

    @Test
    void theyAreRefusedOutsideOfEvents() throws Exception {
        AtomicReference<Output> kept = new AtomicReference<>();
        TestHandler handler = new TestHandler().onOpened((connection, out) -> {
            kept.set(out);
            return Action.NONE;
        });
        connect(start(handler, ANY_PORT));
        handler.await("opened");
        Eventually.isTrue("kept", () -> kept.get() != null);
        assertThatIllegalStateException().isThrownBy(() -> kept.get().writeShort(1));
        assertThatIllegalStateException().isThrownBy(() -> kept.get().writeInt(1));
        assertThatIllegalStateException().isThrownBy(() -> kept.get().writeLong(1));
    }
}
