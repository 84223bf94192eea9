package io.evio.sample.http;

/**
 * The progress in a head that is still arriving: one that comes byte by byte is parsed once, and no more than copied
 * again with each byte, up to the limit of a head. All are counted from the head's first byte. Belongs to a
 * {@link MessageHead}.
 */
final class HeadProgress {

    /** The start of the header fields; 0 while the request line is not there. */
    int fields;

    /** The start of the line that is not there as a whole, and the number of fields before it. */
    int line;

    int count;

    /** The part of that line that was looked at, up to here; 0 when there is no such head. */
    int lookedAt;

    /**
     * The class of bytes that goes on for as long as nothing new can be said of the line, see {@link Ascii}; 0 without.
     */
    int inside;
}
