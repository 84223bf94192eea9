package io.evio.sample.testing;

/** The bytes that each of a row of calls moves at the most: given sizes, again and again, then everything at once. */
public final class Pieces {

    /** Everything at once. */
    public static final byte[] WHOLE = {};

    /** After so many calls there is nothing new to learn from small pieces. */
    private static final int MOST_PIECES = 300;

    private final byte[] sizes;
    private int calls;
    private boolean movedNothing;

    /** @param sizes 0 for a call that moves nothing; of a negative one the square is meant */
    public Pieces(byte[] sizes) {
        this.sizes = sizes;
    }

    /** Not 0 twice in a row, so that whoever asks again comes to an end. */
    public int next() {
        if (sizes.length == 0 || calls == MOST_PIECES) {
            return Integer.MAX_VALUE;
        }
        byte size = sizes[calls++ % sizes.length];
        movedNothing = size == 0 && !movedNothing;
        return size != 0 ? (size < 0 ? size * size : size) : movedNothing ? 0 : 1;
    }

    /** As {@link #next}, but not 0. */
    public int nextAtLeastOne() {
        return Math.max(1, next());
    }
}
