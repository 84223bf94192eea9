package io.evio;

import io.evio.loop.OutputBuffer;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Where an event writes what its connection is to send. Append-only, grows as needed up to
 * {@link Limits#maxPendingOutput}, and allocates nothing of its own for small outputs.
 *
 * <p>What is written goes out after the event, behind everything written before. Only valid during the event it was handed to, on the
 * loop thread; used later, every method throws {@link IllegalStateException}. Beyond the limit methods throw
 * {@link java.io.UncheckedIOException}, and the connection is closed with that cause, whatever the handler does with
 * it. Flushing and closing do nothing.
 */
public final class Output extends OutputStream {

    private final OutputBuffer buffer;

    Output(OutputBuffer buffer) {
        this.buffer = buffer;
    }

    /** Appends the low eight bits. */
    @Override
    public void write(int b) {
        buffer.append((byte) b);
    }

    @Override
    public void write(byte[] bytes) {
        buffer.append(bytes, 0, bytes.length);
    }

    /** @throws IndexOutOfBoundsException when the range is not within the array */
    @Override
    public void write(byte[] bytes, int offset, int length) {
        buffer.append(bytes, offset, length);
    }

    /**
     * Appends the buffer's remaining bytes; its position is its limit afterwards. The event's own {@code in} is sent from where it
     * lies, without a copy.
     */
    public void write(ByteBuffer bytes) {
        buffer.append(bytes);
    }

    /** Appends a text of ASCII characters, a byte each; of any other character the low eight bits. */
    public void writeAscii(String text) {
        buffer.appendAscii(text);
    }

    /** Appends a text in UTF-8; an unpaired surrogate becomes a question mark, as in {@link String#getBytes()}. */
    public void writeUtf8(String text) {
        buffer.appendUtf8(text);
    }

    /** Appends a number in decimal digits, with a minus sign in front when it is negative. */
    public void writeDecimal(long number) {
        buffer.appendDecimal(number);
    }
}
