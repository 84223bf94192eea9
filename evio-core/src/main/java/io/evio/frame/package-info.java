/**
 * Finds frames in the unread bytes of a connection: lines, frames behind a length prefix, and frames that end with a
 * delimiter.
 *
 * <p>A scanner takes one whole frame after the other out of an event's {@code in}, and leaves an incomplete one unread.
 * The loop keeps those bytes and puts them in front of the next ones, so the scanner copies nothing and holds no
 * buffer:
 *
 * <pre>{@code
 * public Action opened(Connection connection, Output out) {
 *     connection.attach(LineScanner.ofMaxLength(8192));          // one scanner per connection
 *     return Action.NONE;
 * }
 *
 * public Action data(Connection connection, ByteBuffer in, Output out) {
 *     LineScanner lines = connection.attachment();
 *     try {
 *         while (lines.next(in)) {                               // in now stands behind this line
 *             answer(lines.text(in, StandardCharsets.UTF_8), out);
 *         }
 *         return Action.NONE;                                    // the beginning of a line stays unread
 *     } catch (FrameTooLongException e) {
 *         out.writeAscii("-ERR " + e.getMessage() + "\n");
 *         return Action.CLOSE;
 *     }
 * }
 * }</pre>
 *
 * <p><b>Cost.</b> A frame costs no allocation, unless {@link io.evio.frame.FrameScanner#slice slice},
 * {@link io.evio.frame.FrameScanner#bytes bytes} or {@link io.evio.frame.FrameScanner#text text} is called for it. No
 * byte is searched twice, in however many pieces a frame arrives.
 *
 * <p><b>Buffers.</b> Any {@link java.nio.ByteBuffer} will do: direct or heap, read-only, of either byte order. Only its
 * position is changed. An event's {@code in} is big-endian; the byte order of a length prefix is that of its
 * {@link io.evio.frame.LengthPrefix}, whatever the buffer's is. A handler that parses the array of
 * {@code connection.unread(in)} scans that, and moves {@code in} by as much:
 *
 * <pre>{@code
 * ByteBuffer heap = ByteBuffer.wrap(connection.unread(in), 0, in.remaining());
 * while (lines.next(heap)) {
 *     parse(heap.array(), lines.start(), lines.length());
 * }
 * in.position(in.position() + heap.position());
 * }</pre>
 *
 * <p><b>Limits.</b> Each scanner has a maximum, and refuses a longer frame with a
 * {@link io.evio.frame.FrameTooLongException} as soon as it shows. Keep a maximum well below {@code max-pending-input},
 * at which the loop closes the connection itself.
 *
 * <p>This package knows {@code java.nio} and nothing else of evio.
 */
@NullMarked
package io.evio.frame;

import org.jspecify.annotations.NullMarked;
