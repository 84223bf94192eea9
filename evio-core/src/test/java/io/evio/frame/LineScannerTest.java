package io.evio.frame;

import static io.evio.frame.Streams.bytes;
import static io.evio.frame.Streams.contents;
import static io.evio.frame.Streams.frame;
import static io.evio.frame.Streams.play;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LineScannerTest {

    private final LineScanner lines = LineScanner.ofMaxLength(10);

    @Test
    void linesEndWithLfOrCrlf() {
        assertThat(contents(lines, "one\ntwo\r\n\n\r\nfive\r\n")).containsExactly("one", "two", "", "", "five");
    }

    @Test
    void crThatNoLfFollowsIsAnOrdinaryByte() {
        assertThat(contents(lines, "a\rb\n\r\r\n\r\n\n")).containsExactly("a\rb", "\r", "", "");
    }

    @Test
    void placesAreAbsoluteAndThePositionIsBehindTheLine() {
        ByteBuffer in = ByteBuffer.wrap(bytes("..one\r\nto")).position(2);
        assertThat(lines.next(in)).isTrue();
        assertThat(lines.frameStart()).isEqualTo(2);
        assertThat(lines.frameLength()).isEqualTo(5);
        assertThat(lines.start()).isEqualTo(2);
        assertThat(lines.length()).isEqualTo(3);
        assertThat(in.position()).isEqualTo(7);
        assertThat(lines.next(in)).isFalse();
        assertThat(in.position()).isEqualTo(7);
        assertThat(in.limit()).isEqualTo(9);
    }

    @Test
    void contentIsHadAsPartCopyAndText() {
        byte[] heap = bytes("  héllo\n".replace("é", "\u00c3\u00a9"));
        ByteBuffer in = ByteBuffer.wrap(heap).position(2).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(lines.next(in)).isTrue();
        assertThat(lines.text(in, StandardCharsets.UTF_8)).isEqualTo("héllo");
        assertThat(lines.bytes(in)).isEqualTo("héllo".getBytes(StandardCharsets.UTF_8));
        ByteBuffer slice = lines.slice(in);
        assertThat(slice.remaining()).isEqualTo(6);
        assertThat(slice.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
        heap[2] = 'H';
        assertThat(slice.get(0)).as("no copy").isEqualTo((byte) 'H');
        byte[] target = bytes("........");
        assertThat(lines.copyTo(in, target)).isEqualTo(6);
        assertThat(target).startsWith('H').endsWith('o', '.', '.');
        assertThatThrownBy(() -> lines.copyTo(in, new byte[5])).isInstanceOf(IndexOutOfBoundsException.class);
        assertThat(in.position()).isEqualTo(heap.length);
        assertThat(in.order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void malformedTextBecomesTheReplacementCharacter() {
        ByteBuffer in = ByteBuffer.wrap(bytes("a\u00ffb\n"));
        assertThat(lines.next(in)).isTrue();
        assertThat(lines.text(in, StandardCharsets.UTF_8)).isEqualTo("a\ufffdb");
    }

    @Test
    void sliceOfAReadOnlyBufferIsReadOnly() {
        ByteBuffer in = ByteBuffer.wrap(bytes("a\n")).asReadOnlyBuffer();
        assertThat(lines.next(in)).isTrue();
        assertThat(lines.slice(in).isReadOnly()).isTrue();
    }

    @Test
    void lineOfTheMaximumIsAllowedWithEitherEnd() {
        String ten = "0123456789";
        assertThat(contents(lines, ten + "\n" + ten + "\r\n")).containsExactly(ten, ten);
        assertThat(play(LineScanner.ofMaxLength(10), bytes(ten + "\r\n"), false, 10, 1))
                .containsExactly(frame(0, 12, 0, 10), "left 0");
    }

    @ParameterizedTest
    @CsvSource({
        // A whole line says its length, the beginning of one how much there is.
        "'0123456789a\n', 11, ''",
        "'0123456789ab\r\n', 12, ''",
        "'0123456789\r\r\n', 11, ''",
        "'0123456789a', 11, 'at least '",
        "'0123456789\ra', 12, 'at least '",
        "'0123456789\r\r', 11, 'at least '",
        "'0123456789a\r', 11, 'at least '"
    })
    void longerLineIsRefusedAsSoonAsItShows(String line, int length, String atLeast) {
        ByteBuffer in = ByteBuffer.wrap(bytes("ok\n" + line));
        assertThat(lines.next(in)).isTrue();
        FrameTooLongException refusal = catchThrowableOfType(FrameTooLongException.class, () -> lines.next(in));
        assertThat(refusal).hasMessage("The frame is too long: " + atLeast + length + " bytes, at most 10 are allowed");
        assertThat(refusal.length()).isEqualTo(length);
        assertThat(refusal.maxLength()).isEqualTo(10);
        assertThat(in.position()).isEqualTo(3);
        assertThatThrownBy(() -> lines.next(in)).hasMessage(refusal.getMessage());
    }

    @Test
    void crBehindTheMaximumMayStillBeItsEnd() {
        ByteBuffer in = ByteBuffer.wrap(bytes("0123456789\r\n")).limit(11);
        assertThat(lines.next(in)).isFalse();
        assertThat(lines.next(in.limit(12))).isTrue();
        assertThat(lines.length()).isEqualTo(10);
    }

    @Test
    void restIsTheLastLineOnceTheInputHasEnded() {
        ByteBuffer in = ByteBuffer.wrap(bytes("a\nb"));
        assertThat(lines.next(in, true)).isTrue();
        assertThat(lines.text(in, StandardCharsets.US_ASCII)).isEqualTo("a");
        assertThat(lines.next(in)).isFalse();
        assertThat(lines.next(in, true)).isTrue();
        assertThat(lines.text(in, StandardCharsets.US_ASCII)).isEqualTo("b");
        assertThat(lines.frameLength()).isEqualTo(1);
        assertThat(in.hasRemaining()).isFalse();
        assertThat(lines.next(in, true)).as("an empty rest is no line").isFalse();
    }

    @Test
    void restIsAsItIsAndKeepsTheMaximum() {
        assertThat(play(lines, bytes("x\r"), true)).containsExactly(frame(0, 2, 0, 2), "left 0");
        assertThat(play(lines, bytes("0123456789"), true)).containsExactly(frame(0, 10, 0, 10), "left 0");
        assertThat(play(lines, bytes("0123456789\r"), true, 11)).containsExactly("too long");
    }

    /** A search that began anew would find what is written over bytes that were searched before. */
    @Test
    void noByteIsSearchedTwice() {
        byte[] heap = bytes("x".repeat(100) + "\n");
        LineScanner scanner = LineScanner.ofMaxLength(200);
        for (int arrived = 1; arrived <= 100; arrived++) {
            assertThat(scanner.next(ByteBuffer.wrap(heap, 0, arrived))).isFalse();
            heap[arrived - 1] = '\n';
        }
        assertThat(scanner.next(ByteBuffer.wrap(heap))).isTrue();
        assertThat(scanner.length()).isEqualTo(100);
    }

    @Test
    void bytesThatNextLeftMayBeTakenAfterAReset() {
        ByteBuffer in = ByteBuffer.wrap(bytes("head\nBODY.next\n")).limit(9);
        assertThat(lines.next(in)).isTrue();
        // Between whole frames the handler may take what it likes.
        in.position(7);
        assertThat(lines.next(in)).isFalse();
        in.position(9).limit(15);
        lines.reset();
        assertThatIllegalStateException().isThrownBy(lines::start);
        assertThat(lines.next(in)).isTrue();
        assertThat(lines.text(in, StandardCharsets.US_ASCII)).isEqualTo(".next");
    }

    @Test
    void fewerBytesThanWereLeftAreAMistake() {
        assertThat(lines.next(ByteBuffer.wrap(bytes("abcd")))).isFalse();
        assertThatIllegalStateException()
                .isThrownBy(() -> lines.next(ByteBuffer.wrap(bytes("ab\n"))))
                .withMessage("There are 3 bytes, but 4 were left unread: call reset() before taking them");
    }

    @Test
    void thereIsNoFrameUntilNextReturnsTrue() {
        ByteBuffer in = ByteBuffer.wrap(bytes("a\nb"));
        for (int i = 0; i < 2; i++) {
            assertThatIllegalStateException()
                    .isThrownBy(lines::start)
                    .withMessage("There is no frame: next() has not returned true");
            assertThatIllegalStateException().isThrownBy(lines::length);
            assertThatIllegalStateException().isThrownBy(lines::frameStart);
            assertThatIllegalStateException().isThrownBy(lines::frameLength);
            assertThatIllegalStateException().isThrownBy(() -> lines.slice(in));
            assertThatIllegalStateException().isThrownBy(() -> lines.bytes(in));
            assertThatIllegalStateException().isThrownBy(() -> lines.copyTo(in, new byte[9]));
            assertThatIllegalStateException().isThrownBy(() -> lines.text(in, StandardCharsets.US_ASCII));
            lines.next(in);
            lines.next(in);
        }
        assertThat(lines.maxLength()).isEqualTo(10);
    }

    @Test
    void emptyInputHasNoLine() {
        assertThat(lines.next(ByteBuffer.allocate(0))).isFalse();
        assertThat(lines.next(ByteBuffer.allocate(0), true)).isFalse();
    }

    @Test
    void nothingMayBeNull() {
        ByteBuffer in = ByteBuffer.wrap(bytes("a\n"));
        assertThatNullPointerException().isThrownBy(() -> lines.next(null));
        assertThat(lines.next(in)).isTrue();
        assertThatNullPointerException().isThrownBy(() -> lines.slice(null));
        assertThatNullPointerException().isThrownBy(() -> lines.bytes(null));
        assertThatNullPointerException().isThrownBy(() -> lines.copyTo(in, null));
        assertThatNullPointerException().isThrownBy(() -> lines.text(in, null));
        assertThatNullPointerException().isThrownBy(() -> DelimiterScanner.of(null, 10));
        assertThatNullPointerException().isThrownBy(() -> LengthPrefixScanner.of(null, 10));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void maximumIsAtLeastOne(int max) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> LineScanner.ofMaxLength(max))
                .withMessage("The maximum length must be at least 1 byte, but was " + max);
    }

    @Test
    void maximumMayBeTheLargestInt() {
        LineScanner scanner = LineScanner.ofMaxLength(Integer.MAX_VALUE);
        assertThat(contents(scanner, "x".repeat(100_000) + "\r\n\n")).containsExactly("x".repeat(100_000), "");
        assertThat(scanner.next(ByteBuffer.wrap(bytes("x")))).isFalse();
    }

    /**
     * Every place of an end among the eight bytes that are looked at together, and bytes that differ from it in one
     * bit.
     */
    @Test
    void endIsFoundAtEveryPlace() {
        for (int length = 0; length < 40; length++) {
            byte[] stream = new byte[length + 1];
            for (int other = 0; other < 256; other++) {
                Arrays.fill(stream, (byte) (other == '\n' || other == '\r' ? 'x' : other));
                stream[length] = '\n';
                assertThat(play(LineScanner.ofMaxLength(40), stream, false))
                        .as("%d times %d", length, other)
                        .containsExactly(frame(0, length + 1, 0, length), "left 0");
            }
        }
    }
}
