package io.evio.frame;

import static io.evio.frame.Streams.bytes;
import static io.evio.frame.Streams.contents;
import static io.evio.frame.Streams.frame;
import static io.evio.frame.Streams.play;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DelimiterScannerTest {

    private static DelimiterScanner scanner(String delimiter) {
        return DelimiterScanner.of(bytes(delimiter), 10);
    }

    @ParameterizedTest
    @CsvSource({
        "'\0', 'a\0\0b\0c', 'a,,b'",
        "'\r\n.\r\n', 'a\r\n.\r\nb\n.\r\nc\r\n.\r\n', 'a,b\n.\r\nc'",
        "'||', 'a|b||c|||d||', 'a|b,c,|d'",
        "'aa', 'xaaaa', 'x,'",
        "'aab', 'aaab', 'a'",
        "'\u00ff\u00fe', 'x\u00ff\u00ff\u00fe', 'x\u00ff'"
    })
    void firstDelimiterEndsTheFrame(String delimiter, String stream, String frames) {
        assertThat(String.join(",", contents(scanner(delimiter), stream))).isEqualTo(frames);
    }

    @Test
    void bytesOfADelimiterBelongToOneFrameOnly() {
        // "aa" ends "x", and the third "a" begins the next frame.
        assertThat(play(scanner("aa"), bytes("xaaa"), false)).containsExactly(frame(0, 3, 0, 1), "left 1");
        // The "|" that ended the first frame is no beginning of the second one's end.
        assertThat(play(scanner("||"), bytes("||||"), false, 1))
                .containsExactly(frame(0, 2, 0, 0), frame(2, 2, 2, 0), "left 0");
    }

    @Test
    void delimiterMayComeInPieces() {
        byte[] stream = bytes("body\r\n.\r\nnext\r\n.\r\n");
        for (int size = 1; size < stream.length; size++) {
            assertThat(play(scanner("\r\n.\r\n"), stream, false, size))
                    .containsExactly(frame(0, 9, 0, 4), frame(9, 9, 9, 4), "left 0");
        }
    }

    @Test
    void bytesThatMayBeginTheDelimiterAreNotCountedYet() {
        assertThat(play(scanner("aab"), bytes("0123456789aa"), false)).containsExactly("left 12");
        assertThat(play(scanner("aab"), bytes("0123456789aab"), false, 1))
                .containsExactly(frame(0, 13, 0, 10), "left 0");
        FrameTooLongException refusal = catchThrowableOfType(
                FrameTooLongException.class, () -> scanner("aab").next(ByteBuffer.wrap(bytes("0123456789aaa"))));
        assertThat(refusal).hasMessage("The frame is too long: at least 11 bytes, at most 10 are allowed");
        assertThat(refusal.length()).isEqualTo(11);
    }

    @Test
    void restIsTheLastFrameOnceTheInputHasEnded() {
        assertThat(play(scanner("||"), bytes("a||b|"), true, 2))
                .containsExactly(frame(0, 3, 0, 1), frame(3, 2, 3, 2), "left 0");
        assertThat(play(scanner("||"), bytes("a||"), true)).containsExactly(frame(0, 3, 0, 1), "left 0");
        assertThat(play(scanner("||"), bytes("0123456789|"), true, 11)).containsExactly("too long");
    }

    /** A search that began anew would find what is written over bytes that were searched before. */
    @Test
    void noByteIsSearchedTwice() {
        byte[] heap = bytes("x".repeat(9) + "|");
        DelimiterScanner scanner = scanner("|");
        for (int arrived = 1; arrived <= 9; arrived++) {
            assertThat(scanner.next(ByteBuffer.wrap(heap, 0, arrived))).isFalse();
            heap[arrived - 1] = '|';
        }
        assertThat(scanner.next(ByteBuffer.wrap(heap))).isTrue();
        assertThat(scanner.length()).isEqualTo(9);
    }

    @Test
    void delimiterIsCopied() {
        byte[] delimiter = bytes("|");
        DelimiterScanner scanner = DelimiterScanner.of(delimiter, 10);
        delimiter[0] = 'a';
        assertThat(contents(scanner, "xa|")).containsExactly("xa");
    }

    @Test
    void delimiterIsNotEmpty() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DelimiterScanner.of(new byte[0], 10))
                .withMessage("The delimiter must have at least 1 byte, but is empty");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DelimiterScanner.of(new byte[1], 0))
                .withMessage("The maximum length must be at least 1 byte, but was 0");
    }
}
