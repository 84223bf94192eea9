package io.evio.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Plays a stream to a scanner as a loop does: in pieces, what is left unread in front of the next one. */
final class Streams {

    /** Around the unread bytes, where no scanner may look. */
    private static final byte NOISE = '\n';

    private Streams() {}

    /** A stream of these Latin-1 characters. */
    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The contents of the frames in a stream that comes at once, as Latin-1. */
    static List<String> contents(FrameScanner scanner, String stream) {
        ByteBuffer in = ByteBuffer.wrap(bytes(stream));
        List<String> contents = new ArrayList<>();
        while (scanner.next(in)) {
            contents.add(scanner.text(in, StandardCharsets.ISO_8859_1));
        }
        return contents;
    }

    /** A frame as {@link #play} tells it, by its places in the stream. */
    static String frame(int frameStart, int frameLength, int start, int length) {
        return "frame " + frameStart + "+" + frameLength + " content " + start + "+" + length;
    }

    /**
     * The frames that the scanner finds, and how it ends: with bytes left unread, or a refusal. Each piece comes in
     * another kind of buffer.
     *
     * @param ends whether the input is known to have ended with the last piece
     * @param sizes of the pieces, again and again; everything at once when there are none
     */
    static List<String> play(FrameScanner scanner, byte[] stream, boolean ends, int... sizes) {
        List<String> found = new ArrayList<>();
        int read = 0;
        int arrived = 0;
        for (int piece = 0; piece == 0 || arrived < stream.length; piece++) {
            arrived =
                    sizes.length == 0 ? stream.length : Math.min(stream.length, arrived + sizes[piece % sizes.length]);
            ByteBuffer in = buffer(piece, stream, read, arrived);
            int origin = read - in.position();
            boolean ended = ends && arrived == stream.length;
            try {
                while (scanner.next(in, ended)) {
                    found.add(checkFrame(scanner, in, origin, stream));
                    read = origin + in.position();
                }
                assertThat(in.position()).isEqualTo(read - origin);
                assertThatThrownBy(scanner::start).isInstanceOf(IllegalStateException.class);
            } catch (FrameException e) {
                assertThat(in.position()).as("after a refusal").isEqualTo(read - origin);
                checkRefusal(e, scanner, in, ended);
                found.add(e instanceof FrameTooLongException ? "too long" : "no frame");
                return found;
            }
        }
        found.add("left " + (stream.length - read));
        return found;
    }

    private static String checkFrame(FrameScanner scanner, ByteBuffer in, int origin, byte[] stream) {
        int start = origin + scanner.start();
        byte[] content = Arrays.copyOfRange(stream, start, start + scanner.length());
        assertThat(scanner.bytes(in)).isEqualTo(content);
        assertThat(scanner.slice(in)).isEqualTo(ByteBuffer.wrap(content));
        byte[] copy = new byte[Math.min(scanner.maxLength(), stream.length)];
        assertThat(scanner.copyTo(in, copy)).isEqualTo(content.length);
        assertThat(Arrays.copyOf(copy, content.length)).isEqualTo(content);
        assertThat(in.position()).isEqualTo(scanner.frameStart() + scanner.frameLength());
        return frame(origin + scanner.frameStart(), scanner.frameLength(), start, scanner.length());
    }

    private static void checkRefusal(FrameException refusal, FrameScanner scanner, ByteBuffer in, boolean ended) {
        assertThat(refusal.getStackTrace()).isEmpty();
        assertThat(refusal.getMessage()).matches("[ -~]+");
        FrameException again = catchThrowableOfType(refusal.getClass(), () -> scanner.next(in, ended));
        assertThat(again).hasMessage(refusal.getMessage());
        if (refusal instanceof FrameTooLongException tooLong) {
            assertThat(tooLong.maxLength()).isEqualTo(scanner.maxLength());
            assertThat(tooLong.length()).isGreaterThan(tooLong.maxLength());
        }
        assertThatThrownBy(scanner::length).isInstanceOf(IllegalStateException.class);
    }

    /** A buffer whose remaining bytes are those of the stream. */
    private static ByteBuffer buffer(int kind, byte[] stream, int from, int to) {
        byte[] heap = new byte[to - from + 16];
        Arrays.fill(heap, NOISE);
        System.arraycopy(stream, from, heap, 8, to - from);
        ByteBuffer buffer = switch (kind % 4) {
            case 0 -> ByteBuffer.allocateDirect(heap.length).put(0, heap).asReadOnlyBuffer();
            case 1 -> ByteBuffer.wrap(heap).order(ByteOrder.LITTLE_ENDIAN);
            case 2 -> ByteBuffer.wrap(heap).slice(5, heap.length - 5).position(3);
            default -> ByteBuffer.allocateDirect(heap.length).put(0, heap).order(ByteOrder.LITTLE_ENDIAN);
        };
        int start = buffer.position() > 0 ? buffer.position() : 8;
        return buffer.limit(start + to - from).position(start);
    }
}
