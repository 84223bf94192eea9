package io.evio.frame;

import static io.evio.frame.Streams.frame;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Rules for every stream in any pieces: the frames are those that a slow reading of the whole stream finds. */
final class FrameRules {

    private FrameRules() {}

    static void checkLines(byte[] stream, int max, boolean ends, int... sizes) {
        check(terminated(stream, "\n", true, max, ends), () -> LineScanner.ofMaxLength(max), stream, ends, sizes);
    }

    static void checkDelimiters(byte[] stream, byte[] delimiter, int max, boolean ends, int... sizes) {
        String text = new String(delimiter, StandardCharsets.ISO_8859_1);
        List<String> expected = terminated(stream, text, false, max, ends);
        check(expected, () -> DelimiterScanner.of(delimiter, max), stream, ends, sizes);
    }

    /** A length prefix, in parts. */
    record Prefix(int bytes, boolean little, int offset, int adjustment, boolean wholeFrame) {

        private LengthPrefix build() {
            LengthPrefix prefix = LengthPrefix.ofBytes(bytes).withOffset(offset).withAdjustment(adjustment);
            prefix = little ? prefix.littleEndian() : prefix;
            return wholeFrame ? prefix.countingWholeFrame() : prefix;
        }
    }

    static void checkPrefixes(byte[] stream, Prefix prefix, int max, boolean ends, int... sizes) {
        List<String> expected = prefixed(stream, prefix, max, ends);
        check(expected, () -> LengthPrefixScanner.of(prefix.build(), max), stream, ends, sizes);
    }

    private interface Scanners {
        FrameScanner open();
    }

    private static void check(List<String> expected, Scanners scanners, byte[] stream, boolean ends, int... sizes) {
        assertThat(Streams.play(scanners.open(), stream, ends)).as("at once").isEqualTo(expected);
        assertThat(Streams.play(scanners.open(), stream, ends, 1))
                .as("byte by byte")
                .isEqualTo(expected);
        assertThat(Streams.play(scanners.open(), stream, ends, sizes)).isEqualTo(expected);
    }

    private static List<String> terminated(byte[] stream, String end, boolean lines, int max, boolean ends) {
        String text = new String(stream, StandardCharsets.ISO_8859_1);
        List<String> frames = new ArrayList<>();
        int from = 0;
        for (int at; (at = text.indexOf(end, from)) >= 0; from = at + end.length()) {
            String content = text.substring(from, at);
            int length = lines && content.endsWith("\r") ? content.length() - 1 : content.length();
            if (length > max) {
                frames.add("too long");
                return frames;
            }
            frames.add(frame(from, at + end.length() - from, from, length));
        }
        String rest = text.substring(from);
        int least = rest.length() - (ends ? 0 : begun(rest, lines ? "\r\n" : end));
        if (least > max) {
            frames.add("too long");
        } else if (ends && !rest.isEmpty()) {
            frames.add(frame(from, rest.length(), from, rest.length()));
            frames.add("left 0");
        } else {
            frames.add("left " + rest.length());
        }
        return frames;
    }

    /** Returns how much of the rest may be the beginning of its end. */
    private static int begun(String rest, String end) {
        int most = 0;
        for (int length = 1; length < end.length(); length++) {
            most = rest.endsWith(end.substring(0, length)) ? length : most;
        }
        return most;
    }

    private static List<String> prefixed(byte[] stream, Prefix prefix, int max, boolean ends) {
        List<String> frames = new ArrayList<>();
        int header = prefix.offset + prefix.bytes;
        int from = 0;
        while (stream.length - from >= header) {
            BigInteger length = written(Arrays.copyOfRange(stream, from + prefix.offset, from + header), prefix.little)
                    .add(BigInteger.valueOf(prefix.adjustment))
                    .subtract(BigInteger.valueOf(prefix.wholeFrame ? header : 0));
            if (length.signum() < 0) {
                frames.add("no frame");
                return frames;
            }
            if (length.compareTo(BigInteger.valueOf(max)) > 0) {
                frames.add("too long");
                return frames;
            }
            if (length.compareTo(BigInteger.valueOf(stream.length - from - header)) > 0) {
                break;
            }
            frames.add(frame(from, header + length.intValue(), from + header, length.intValue()));
            from += header + length.intValue();
        }
        frames.add(ends && from < stream.length ? "no frame" : "left " + (stream.length - from));
        return frames;
    }

    private static BigInteger written(byte[] bytes, boolean little) {
        BigInteger value = BigInteger.ZERO;
        for (int i = 0; i < bytes.length; i++) {
            int exponent = little ? i : bytes.length - 1 - i;
            value = value.add(BigInteger.valueOf(bytes[i] & 0xff).shiftLeft(8 * exponent));
        }
        return value;
    }
}
