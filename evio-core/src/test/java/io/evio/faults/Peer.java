package io.evio.faults;

import io.evio.Address;
import io.evio.testing.Client;
import io.evio.testing.PatternBytes;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A client of the {@link LineHandler} that takes no byte but the one it expects next. */
final class Peer implements AutoCloseable {

    /** The server has ended the connection; until there all bytes were right. */
    static final class Lost extends Exception {
        private static final long serialVersionUID = 1L;

        Lost(String after) {
            super("lost " + after);
        }
    }

    private final Client client;
    private long id;

    private Peer(Client client) {
        this.client = client;
    }

    static Peer connect(Address address) throws IOException {
        return new Peer(Client.connect(address));
    }

    /** Takes the greeting. */
    Peer greeted() throws IOException, Lost {
        expect("hi ");
        ByteBuffer digit = ByteBuffer.allocate(1);
        while (take(digit.clear(), "in the greeting") > 0 && digit.get(0) != '\n') {
            id = id * 10 + digit.get(0) - '0';
        }
        return this;
    }

    long id() {
        return id;
    }

    Peer say(String text) throws Lost {
        try {
            client.send(text);
            return this;
        } catch (SocketTimeoutException e) {
            throw new AssertionError(e.getMessage(), e);
        } catch (IOException e) {
            throw new Lost("at " + text.strip());
        }
    }

    Peer expect(String text) throws IOException, Lost {
        expect(text.getBytes(StandardCharsets.US_ASCII));
        return this;
    }

    /** Takes one of two texts of the same length; returns whether that was the first. */
    boolean expectFirstOf(String text, String other) throws IOException, Lost {
        byte[] bytes = new byte[text.length()];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            take(buffer, "after " + buffer.position() + " bytes of " + text.strip() + " or " + other.strip());
        }
        String taken = new String(bytes, StandardCharsets.ISO_8859_1);
        if (!taken.equals(text) && !taken.equals(other)) {
            throw new AssertionError("Neither " + text.strip() + " nor " + other.strip() + " but " + taken);
        }
        return taken.equals(text);
    }

    /** Says that nothing more will be said. */
    Peer shutdownOutput() throws Lost {
        try {
            client.shutdownOutput();
            return this;
        } catch (IOException e) {
            throw new Lost("at the end of what it says");
        }
    }

    /** Takes what {@code b} brings. */
    Peer expectBig() throws IOException, Lost {
        expect(PatternBytes.bytes(0, LineHandler.BIG));
        return this;
    }

    private void expect(byte[] wanted) throws IOException, Lost {
        ByteBuffer buffer = ByteBuffer.allocate(wanted.length);
        while (buffer.hasRemaining()) {
            int n = take(buffer, "after " + buffer.position() + " of " + wanted.length + " bytes");
            int wrong = Arrays.mismatch(buffer.array(), 0, buffer.position(), wanted, 0, buffer.position());
            if (n > 0 && wrong >= 0) {
                throw new AssertionError("Byte " + wrong + " of " + wanted.length + " is another than that of "
                        + new String(wanted, 0, Math.min(20, wanted.length), StandardCharsets.ISO_8859_1).strip());
            }
        }
    }

    private int take(ByteBuffer buffer, String where) throws IOException, Lost {
        int n;
        try {
            n = client.readSome(buffer);
        } catch (SocketTimeoutException e) {
            throw new AssertionError("Nothing comes " + where, e);
        } catch (IOException e) {
            throw new Lost(where);
        }
        if (n < 0) {
            throw new Lost(where);
        }
        return n;
    }

    /** Nothing may come any more but the end. */
    void expectEnd() throws IOException {
        try {
            take(ByteBuffer.allocate(1), "where the end is due");
        } catch (Lost e) {
            return;
        }
        throw new AssertionError("A byte comes where the end is due");
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
