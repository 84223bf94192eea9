package io.evio.frame;

import static io.evio.frame.Streams.bytes;
import static io.evio.frame.Streams.contents;
import static io.evio.frame.Streams.frame;
import static io.evio.frame.Streams.play;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LengthPrefixScannerTest {

    private static final int MAX = 1000;

    private static LengthPrefixScanner scanner(LengthPrefix prefix) {
        return LengthPrefixScanner.of(prefix, MAX);
    }

    private static LengthPrefix prefix(int bytes, boolean little) {
        LengthPrefix prefix = LengthPrefix.ofBytes(bytes);
        return little ? prefix.littleEndian() : prefix;
    }

    @ParameterizedTest
    @CsvSource({
        "1, false, '\3'",
        "1, true, '\3'",
        "2, false, '\0\3'",
        "2, true, '\3\0'",
        "3, false, '\0\0\3'",
        "3, true, '\3\0\0'",
        "4, false, '\0\0\0\3'",
        "4, true, '\3\0\0\0'"
    })
    void contentFollowsThePrefix(int bytes, boolean little, String three) {
        String zero = "\0".repeat(bytes);
        assertThat(contents(scanner(prefix(bytes, little)), three + "abc" + zero + three + "def"))
                .containsExactly("abc", "", "def");
        assertThat(play(scanner(prefix(bytes, little)), bytes(three + "abc" + zero + three + "de"), false, 1))
                .containsExactly(
                        frame(0, bytes + 3, bytes, 3),
                        frame(bytes + 3, bytes, 2 * bytes + 3, 0),
                        "left " + (bytes + 2));
    }

    /** Each byte of the prefix has its weight, and the whole is unsigned. */
    @ParameterizedTest
    @CsvSource({
        "1, false, '\u00fe', 254",
        "2, false, '\u00fe\u0081', 65153",
        "2, true, '\u0081\u00fe', 65153",
        "3, false, '\u00fe\u0081\u0003', 16679171",
        "3, true, '\u0003\u0081\u00fe', 16679171",
        "4, false, '\u0081\u0002\u0003\u0004', 2164392708",
        "4, true, '\u0004\u0003\u0002\u0081', 2164392708",
        "4, false, '\u00ff\u00ff\u00ff\u00ff', 4294967295"
    })
    void lengthIsUnsignedWhateverTheOrderOfTheBuffer(int bytes, boolean little, String written, long length) {
        LengthPrefixScanner scanner = LengthPrefixScanner.of(prefix(bytes, little), 100);
        for (ByteOrder order : new ByteOrder[] {ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN}) {
            ByteBuffer in = ByteBuffer.wrap(bytes(written)).order(order);
            FrameTooLongException refusal = catchThrowableOfType(FrameTooLongException.class, () -> scanner.next(in));
            assertThat(refusal.length()).isEqualTo(length);
            assertThat(refusal.maxLength()).isEqualTo(100);
            assertThat(refusal).hasMessage("The frame is too long: " + length + " bytes, at most 100 are allowed");
            assertThat(in.position()).isZero();
        }
    }

    @Test
    void tooLongIsRefusedBeforeTheContentArrives() {
        LengthPrefixScanner scanner = scanner(LengthPrefix.ofBytes(2));
        ByteBuffer allowed = ByteBuffer.wrap(new byte[] {0x03, (byte) 0xe8});
        assertThat(scanner.next(allowed)).as("1000 bytes").isFalse();
        ByteBuffer refused = ByteBuffer.wrap(new byte[] {0x03, (byte) 0xe9});
        assertThatThrownBy(() -> scanner.next(refused))
                .isInstanceOf(FrameTooLongException.class)
                .hasMessage("The frame is too long: 1001 bytes, at most 1000 are allowed");
    }

    /** The table of {@link LengthPrefix}. */
    @Test
    void prefixesOfSomeProtocols() {
        LengthPrefix postgres = LengthPrefix.ofBytes(4).withOffset(1).withAdjustment(-4);
        assertThat(play(scanner(postgres), bytes("Q\0\0\0\6ab" + "S\0\0\0\4"), false, 3))
                .containsExactly(frame(0, 7, 5, 2), frame(7, 5, 12, 0), "left 0");
        LengthPrefix mysql = LengthPrefix.ofBytes(3).littleEndian().withAdjustment(1);
        assertThat(play(scanner(mysql), bytes("\2\0\0\7ab" + "\0\0\0\1"), false, 3))
                .containsExactly(frame(0, 6, 3, 3), frame(6, 4, 9, 1), "left 0");
        LengthPrefix whole = LengthPrefix.ofBytes(2).withOffset(2).countingWholeFrame();
        assertThat(play(scanner(whole), bytes("EV\0\6ab" + "EV\0\4"), false, 3))
                .containsExactly(frame(0, 6, 4, 2), frame(6, 4, 10, 0), "left 0");
    }

    @Test
    void wholeFrameAndAdjustmentAddUpInAnyOrder() {
        byte[] stream = bytes("..\7abc");
        LengthPrefix first =
                LengthPrefix.ofBytes(1).countingWholeFrame().withAdjustment(-1).withOffset(2);
        LengthPrefix last =
                LengthPrefix.ofBytes(1).withOffset(2).withAdjustment(-1).countingWholeFrame();
        assertThat(play(scanner(first), stream, false)).containsExactly(frame(0, 6, 3, 3), "left 0");
        assertThat(play(scanner(last), stream, false)).containsExactly(frame(0, 6, 3, 3), "left 0");
    }

    @Test
    void bytesBeforeThePrefixAreAtTheStartOfTheFrame() {
        LengthPrefixScanner scanner = scanner(LengthPrefix.ofBytes(1).withOffset(2));
        ByteBuffer in = ByteBuffer.wrap(bytes("--T7\3abc")).position(2);
        assertThat(scanner.next(in)).isTrue();
        assertThat(in.get(scanner.frameStart())).isEqualTo((byte) 'T');
        assertThat(in.get(scanner.frameStart() + 1)).isEqualTo((byte) '7');
        assertThat(scanner.text(in, StandardCharsets.US_ASCII)).isEqualTo("abc");
        assertThat(scanner.frameLength()).isEqualTo(6);
    }

    @ParameterizedTest
    @CsvSource({
        // A length that counts the four bytes before its end, and says fewer.
        "'EV\0\3', 3, -1",
        "'EV\0\0', 0, -4",
    })
    void lengthThatIsShorterThanItsPrefixIsRefused(String header, int written, int length) {
        LengthPrefixScanner scanner =
                scanner(LengthPrefix.ofBytes(2).withOffset(2).countingWholeFrame());
        ByteBuffer in = ByteBuffer.wrap(bytes(header));
        assertThatThrownBy(() -> scanner.next(in))
                .isExactlyInstanceOf(FrameException.class)
                .hasMessage("The frame has an impossible length: its prefix says " + written + ", which is " + length
                        + " bytes behind the prefix");
        assertThat(in.position()).isZero();
    }

    @Test
    void sumsAreExactAtTheEndsOfTheirRange() {
        ByteBuffer most = ByteBuffer.wrap(bytes("\u00ff\u00ff\u00ff\u00ff"));
        LengthPrefix more = LengthPrefix.ofBytes(4).withAdjustment(Integer.MAX_VALUE);
        FrameTooLongException refusal = catchThrowableOfType(
                FrameTooLongException.class,
                () -> LengthPrefixScanner.of(more, Integer.MAX_VALUE).next(most));
        assertThat(refusal.length()).isEqualTo(6_442_450_942L);
        LengthPrefix less =
                LengthPrefix.ofBytes(4).withAdjustment(Integer.MIN_VALUE).countingWholeFrame();
        ByteBuffer none = ByteBuffer.wrap(new byte[4]);
        assertThatThrownBy(() -> scanner(less).next(none)).hasMessageContaining("says 0, which is -2147483652 bytes");
        // 4294967295 - 2147483648 - 4
        assertThat(LengthPrefixScanner.of(less, Integer.MAX_VALUE).next(most))
                .as("allowed, and still to come")
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u007f\u00ff\u00ff\u00ff", "\u007f\u00ff\u00ff\u00ffabc"})
    void frameThatNoBufferCanHoldStaysIncomplete(String stream) {
        LengthPrefixScanner scanner = LengthPrefixScanner.of(LengthPrefix.ofBytes(4), Integer.MAX_VALUE);
        ByteBuffer in = ByteBuffer.wrap(bytes(stream));
        assertThat(scanner.next(in)).isFalse();
        assertThat(in.position()).isZero();
    }

    @Test
    void inputThatEndsWithinAFrameIsRefused() {
        LengthPrefixScanner scanner = scanner(LengthPrefix.ofBytes(2));
        ByteBuffer in = ByteBuffer.wrap(bytes("\0\1a\0\3bc"));
        assertThat(scanner.next(in, true)).isTrue();
        assertThatThrownBy(() -> scanner.next(in, true))
                .isExactlyInstanceOf(FrameException.class)
                .hasMessage("The input ended within a frame, after 4 of its bytes");
        assertThat(in.position()).isEqualTo(3);
        assertThat(play(scanner, bytes("\0\1a"), true)).containsExactly(frame(0, 3, 2, 1), "left 0");
        assertThat(play(scanner, bytes("\0"), true)).containsExactly("no frame");
    }

    @Test
    void connectionsMayShareOne() {
        LengthPrefixScanner scanner = scanner(LengthPrefix.ofBytes(1));
        ByteBuffer one = ByteBuffer.wrap(bytes("\5abcde")).limit(5);
        ByteBuffer other = ByteBuffer.wrap(bytes("\1x"));
        assertThat(scanner.next(one)).isFalse();
        assertThat(scanner.next(other)).isTrue();
        assertThat(scanner.length()).isEqualTo(1);
        assertThat(scanner.next(one.limit(6))).isTrue();
        assertThat(scanner.length()).isEqualTo(5);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 5, 8, -1})
    void prefixHasOneToFourBytes(int bytes) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LengthPrefix.ofBytes(bytes))
                .withMessage("A length prefix must have 1 to 4 bytes, but has " + bytes);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536, Integer.MAX_VALUE})
    void offsetIsLimited(int offset) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LengthPrefix.ofBytes(4).withOffset(offset))
                .withMessage("The offset of a length prefix must be 0 to 65535 bytes, but is " + offset);
    }

    @Test
    void offsetMayBeTheLargest() {
        LengthPrefixScanner scanner = scanner(LengthPrefix.ofBytes(1).withOffset(65_535));
        assertThat(contents(scanner, "x".repeat(65_535) + "\2ok")).containsExactly("ok");
    }

    @Test
    void maximumIsAtLeastOne() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LengthPrefixScanner.of(LengthPrefix.ofBytes(4), 0))
                .withMessage("The maximum length must be at least 1 byte, but was 0");
    }
}
