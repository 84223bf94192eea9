package io.evio;

import io.evio.internal.stream.OutputBuffer;
import io.evio.internal.stream.Stream;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * Takes what a connection is to send. It is append-only, grows up to {@link Limits#maxPendingOutput}, and allocates
 * nothing of its own for small outputs.
 *
 * <p>What is written goes out after the running event, behind everything written before. Any event of the connection's
 * loop may write, on the loop's thread. At any other time, and once the connection's end is decided or its output was
 * ended, every method throws {@link IllegalStateException}.
 *
 * <p>Beyond the limit, methods throw {@link java.io.UncheckedIOException}. The connection is then closed with that
 * cause, even if the handler catches it. Flushing and closing do nothing.
 */
public final class Output extends OutputStream {

    private final Stream connection;

    Output(Stream connection) {
        this.connection = connection;
    }

    private OutputBuffer open() {
        return connection.output();
    }

    /** Appends the low eight bits of a number. */
    @Override
    public void write(int b) {
        open().append((byte) b);
    }

    /** Appends all bytes of an array, which may be reused afterwards. */
    @Override
    public void write(byte[] bytes) {
        open().append(bytes, 0, bytes.length);
    }

    /**
     * Appends bytes of an array, which may be reused afterwards.
     *
     * @throws IndexOutOfBoundsException when the range is not within the array
     */
    @Override
    public void write(byte[] bytes, int offset, int length) {
        open().append(bytes, offset, length);
    }

    /**
     * Appends the buffer's remaining bytes. Its position is its limit afterwards, and it may be reused. The event's own
     * {@code in} is sent from where it lies, without a copy.
     */
    public void write(ByteBuffer bytes) {
        open().append(bytes);
    }

    /** Appends a text of ASCII characters, one byte each; of any other character, the low eight bits. */
    public void writeAscii(String text) {
        open().appendAscii(text);
    }

    /** Appends a text in UTF-8; an unpaired surrogate becomes a question mark, as in {@link String#getBytes()}. */
    public void writeUtf8(String text) {
        open().appendUtf8(text);
    }

    /** Appends a number in decimal digits, with a minus sign in front when it is negative. */
    public void writeDecimal(long number) {
        open().appendDecimal(number);
    }

    /** Appends the low 16 bits of a number as two bytes, the highest first. */
    public void writeShort(int number) {
        open().appendShort(number);
    }

    /** Appends a number as four bytes, the highest first. */
    public void writeInt(int number) {
        open().appendInt(number);
    }

    /** Appends a number as eight bytes, the highest first. */
    public void writeLong(long number) {
        open().appendLong(number);
    }
}
