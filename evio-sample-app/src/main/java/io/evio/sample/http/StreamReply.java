package io.evio.sample.http;

import io.evio.Output;

/**
 * A body of any length, lines of digits and letters, made piece by piece: the next one when the client has taken the
 * last, so that a slow client costs the server no more memory than a fast one.
 */
final class StreamReply {

    /** Less than evio's output buffer, so that a client that keeps up is served straight from there. */
    private static final int PIECE = 32 * 1024;

    private static final byte[] CHUNK_HEAD = Ascii.bytes(Integer.toHexString(PIECE) + "\r\n");
    private static final byte[] BODY =
            Ascii.bytes("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-\n".repeat(PIECE / 64));
    private static final byte[] CRLF = Ascii.bytes("\r\n");
    private static final byte[] LAST_CHUNK = Ascii.bytes("0\r\n\r\n");

    private long left;
    private boolean isEndless;
    private boolean isChunked;

    /** @param size in bytes; -1 for no end */
    void begin(long size, boolean chunked) {
        isEndless = size < 0;
        left = isEndless ? Long.MAX_VALUE : size;
        isChunked = chunked;
    }

    /**
     * Writes the next piece; returns whether it was the last.
     *
     * @param stopping whether one without end is to come to it
     */
    boolean writePiece(Output out, boolean stopping) {
        if (isEndless && stopping) {
            left = 0;
        }
        int length = (int) Math.min(left, PIECE);
        left -= length;
        if (!isChunked) {
            out.write(BODY, 0, length);
            return left == 0;
        }
        if (length > 0) {
            if (length == PIECE) {
                out.write(CHUNK_HEAD);
            } else {
                out.writeAscii(Integer.toHexString(length));
                out.write(CRLF);
            }
            out.write(BODY, 0, length);
            out.write(CRLF);
        }
        if (left == 0) {
            out.write(LAST_CHUNK);
        }
        return left == 0;
    }
}
