package io.evio.frame;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import net.jqwik.api.constraints.IntRange;

/** Any stream, cut anywhere, has the frames that a slow reading of it at once has. */
class FramePropertyTest {

    private static final String SEED = "1700";

    @Property(seed = SEED)
    void linesAreThoseOfTheWholeStream(
            @ForAll("text") byte[] stream,
            @ForAll @IntRange(min = 1, max = 40) int max,
            @ForAll boolean ends,
            @ForAll("sizes") int[] sizes) {
        FrameRules.checkLines(stream, max, ends, sizes);
    }

    @Property(seed = SEED)
    void delimitedFramesAreThoseOfTheWholeStream(
            @ForAll("text") byte[] stream,
            @ForAll("delimiters") byte[] delimiter,
            @ForAll @IntRange(min = 1, max = 40) int max,
            @ForAll boolean ends,
            @ForAll("sizes") int[] sizes) {
        FrameRules.checkDelimiters(stream, delimiter, max, ends, sizes);
    }

    @Property(seed = SEED)
    void prefixedFramesAreThoseOfTheWholeStream(
            @ForAll("numbers") byte[] stream,
            @ForAll("prefixes") FrameRules.Prefix prefix,
            @ForAll @IntRange(min = 1, max = 600) int max,
            @ForAll boolean ends,
            @ForAll("sizes") int[] sizes) {
        FrameRules.checkPrefixes(stream, prefix, max, ends, sizes);
    }

    @Property(seed = SEED)
    void prefixesOfAnyValueAndAdjustmentAreExact(
            @ForAll("numbers") byte[] stream,
            @ForAll @IntRange(min = 1, max = 4) int bytes,
            @ForAll boolean little,
            @ForAll int adjustment,
            @ForAll boolean wholeFrame,
            @ForAll @IntRange(min = 1) int max) {
        FrameRules.checkPrefixes(
                stream, new FrameRules.Prefix(bytes, little, 0, adjustment, wholeFrame), max, false, 3);
    }

    /** Few different bytes, so that ends of frames are frequent, whole and in part. */
    @Provide
    Arbitrary<byte[]> text() {
        return Arbitraries.of((byte) 'a', (byte) '\r', (byte) '\n', (byte) '|', (byte) 0x8a)
                .array(byte[].class)
                .ofMaxSize(120);
    }

    @Provide
    Arbitrary<byte[]> delimiters() {
        return Arbitraries.of((byte) 'a', (byte) '\r', (byte) '\n', (byte) '|')
                .array(byte[].class)
                .ofMinSize(1)
                .ofMaxSize(4);
    }

    /** Small numbers mostly, which make short frames. */
    @Provide
    Arbitrary<byte[]> numbers() {
        return Arbitraries.frequencyOf(
                        Tuple.of(8, Arbitraries.just((byte) 0)),
                        Tuple.of(6, Arbitraries.bytes().between((byte) 1, (byte) 12)),
                        Tuple.of(1, Arbitraries.bytes()))
                .array(byte[].class)
                .ofMaxSize(120);
    }

    @Provide
    Arbitrary<FrameRules.Prefix> prefixes() {
        Arbitrary<Boolean> either = Arbitraries.of(true, false);
        return Combinators.combine(
                        Arbitraries.integers().between(1, 4),
                        either,
                        Arbitraries.integers().between(0, 5),
                        Arbitraries.integers().between(-9, 9),
                        either)
                .as(FrameRules.Prefix::new);
    }

    @Provide
    Arbitrary<int[]> sizes() {
        return Arbitraries.integers().between(1, 30).array(int[].class).ofMaxSize(8);
    }
}
