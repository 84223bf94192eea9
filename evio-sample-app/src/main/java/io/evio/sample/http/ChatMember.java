package io.evio.sample.http;

import io.evio.DetachedConnection;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the chat with its two threads: one reads lines, the other writes those of the others, so that a
 * member who does not read holds up nobody but itself.
 *
 * <p>They are platform threads, because the sample runs on JDK 17. Virtual threads could wait here just as well.
 */
final class ChatMember {

    private static final int LONGEST_LINE = 1000;

    /** A member that is so many lines behind is put out. */
    private static final int MOST_UNSENT = 1000;

    private final Chat chat;
    private final long id;
    private final DetachedConnection connection;
    private final BlockingQueue<byte[]> unsent = new ArrayBlockingQueue<>(MOST_UNSENT);
    private final Thread reader;
    private final Thread writer;

    ChatMember(Chat chat, long id, DetachedConnection connection) {
        this.chat = chat;
        this.id = id;
        this.connection = connection;
        this.reader = thread(this::read, "chat-reader-" + id);
        this.writer = thread(this::write, "chat-writer-" + id);
    }

    private static Thread thread(Runnable run, String name) {
        Thread thread = new Thread(run, name);
        thread.setDaemon(true);
        return thread;
    }

    long id() {
        return id;
    }

    void start() {
        reader.start();
        writer.start();
    }

    /** From any thread; never waits. */
    void tell(String line) {
        if (!unsent.offer((line + "\n").getBytes(StandardCharsets.ISO_8859_1))) {
            close();
        }
    }

    /** From any thread: the reader sees it and leaves. */
    void close() {
        connection.close();
    }

    private void read() {
        try (InputStream in = new BufferedInputStream(connection.inputStream())) {
            for (String line = readLine(in); line != null; line = readLine(in)) {
                chat.said(this, line);
            }
        } catch (IOException e) {
            // The connection's end, as any other.
        } finally {
            connection.close();
            writer.interrupt();
            chat.left(this);
        }
    }

    /**
     * The next line without what would make the others' terminals do things; null at the end, and when it is too long.
     */
    private static @Nullable String readLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int length = 0; length <= LONGEST_LINE; length++) {
            int b = in.read();
            if (b < 0) {
                return null;
            }
            if (b == '\n') {
                return line.toString();
            }
            if (b >= ' ') {
                line.append((char) b);
            }
        }
        return null;
    }

    private void write() {
        try {
            while (true) {
                connection.write(ByteBuffer.wrap(unsent.take()));
            }
        } catch (IOException | InterruptedException e) {
            connection.close();
        }
    }
}
