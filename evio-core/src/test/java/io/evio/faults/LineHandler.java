package io.evio.faults;

import static java.util.Objects.requireNonNull;

import io.evio.Action;
import io.evio.Connection;
import io.evio.DetachedConnection;
import io.evio.EvioHandler;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.Target;
import io.evio.testing.Eventually;
import io.evio.testing.PatternBytes;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A handler that makes a server use all of its calls. It greets with the connection's id, and answers lines: {@code e}
 * is sent back, {@code b} brings {@link #BIG} bytes of the pattern, {@code w} an answer worked out off the loop,
 * {@code o} what the {@link #target} answers or {@code failed}, {@code c} the end, {@code d} the end by a channel of
 * its own, and {@code D} the same after a talk: the channel takes one more line, and sends as many bytes as {@code b}
 * brings while it reads until the end.
 */
final class LineHandler implements EvioHandler, AutoCloseable {

    static final int BIG = 192 * 1024;

    /** @param error null also when it was detached */
    record End(long id, @Nullable IOException error) {}

    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final OffLoop offLoop = new OffLoop(executor);
    private final List<Long> opened = new CopyOnWriteArrayList<>();
    private final List<End> ends = new CopyOnWriteArrayList<>();
    private final List<IOException> channelFailures = new CopyOnWriteArrayList<>();
    private final List<Connection> outbound = new CopyOnWriteArrayList<>();
    private final List<Long> outboundOpened = new CopyOnWriteArrayList<>();
    private final List<End> outboundEnds = new CopyOnWriteArrayList<>();

    /** The target that connections are made to. */
    volatile @Nullable Target target;

    /** Work off the loop is done once this is open. */
    volatile CountDownLatch work = new CountDownLatch(0);

    /** Detached channels talk once this is open. */
    volatile CountDownLatch talk = new CountDownLatch(0);

    List<Long> opened() {
        return opened;
    }

    /** The ends of connections, in that order. */
    List<End> ends() {
        return ends;
    }

    /** Exceptions of detached channels. */
    List<IOException> channelFailures() {
        return channelFailures;
    }

    /** The connections that were begun to be made. */
    List<Connection> outbound() {
        return outbound;
    }

    /** Those of them that have opened. */
    List<Long> outboundOpened() {
        return outboundOpened;
    }

    /** The ends of all that were begun, in their order. */
    List<End> outboundEnds() {
        return outboundEnds;
    }

    @Override
    public Action opened(Connection connection, Output out) {
        opened.add(connection.id());
        connection.noDelay(true);
        connection.keepAlive(Duration.ofSeconds(30));
        out.writeAscii("hi ");
        out.writeDecimal(connection.id());
        out.write('\n');
        return Action.NONE;
    }

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        byte[] bytes = connection.unread(in);
        int end = in.remaining();
        for (int start = 0, i = 0; i < end; i++) {
            if (bytes[i] == '\n') {
                in.position(in.position() + i + 1 - start);
                Action action = answer(connection, bytes, start, i + 1, out);
                if (action != null) {
                    return action;
                }
                start = i + 1;
            }
        }
        return Action.NONE;
    }

    /** The action to return at once, or null to go on with the next line. */
    private @Nullable Action answer(Connection connection, byte[] bytes, int start, int end, Output out) {
        switch (bytes[start]) {
            case 'e' -> out.write(bytes, start + 1, end - start - 1);
            case 'b' -> out.write(PatternBytes.at(0, BIG));
            case 'w' -> {
                CountDownLatch until = work;
                return offLoop.call(
                        connection,
                        () -> {
                            Eventually.reached(until);
                            return "worked\n";
                        },
                        (result, late) -> {
                            late.writeAscii(result);
                            return Action.NONE;
                        });
            }
            case 'o' -> outbound.add(connection.connect(requireNonNull(target), new Asking(connection)));
            case 'c' -> {
                out.writeAscii("bye\n");
                return Action.CLOSE;
            }
            case 'd', 'D' -> {
                connection.attach((char) bytes[start]);
                out.writeAscii("detaching\n");
                return Action.DETACH;
            }
            default -> throw new IllegalArgumentException("No line begins with " + (char) bytes[start]);
        }
        return null;
    }

    @Override
    public Action detached(Connection connection, DetachedConnection detached) {
        ends.add(new End(connection.id(), null));
        boolean talks = connection.attachment() instanceof Character letter && letter == 'D';
        executor.execute(() -> {
            try (detached) {
                detached.write(ByteBuffer.wrap("own\n".getBytes(StandardCharsets.US_ASCII)));
                if (talks) {
                    talk(detached);
                }
            } catch (IOException e) {
                channelFailures.add(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        return Action.NONE;
    }

    private void talk(DetachedConnection detached) throws IOException, InterruptedException {
        Eventually.reached(talk);
        InputStream in = detached.inputStream();
        int b;
        do {
            b = in.read();
        } while (b >= 0 && b != '\n');
        CompletableFuture<Void> ended = new CompletableFuture<>();
        executor.execute(() -> {
            try {
                in.readAllBytes();
            } catch (ClosedChannelException e) {
                // The one that writes has failed.
            } catch (IOException e) {
                channelFailures.add(e);
            }
            ended.complete(null);
        });
        detached.write(PatternBytes.at(0, BIG));
        ended.join();
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        ends.add(new End(connection.id(), error));
        return Action.NONE;
    }

    /** Asks the target one thing, and sends the client what that answers. */
    private final class Asking implements EvioHandler {

        private final Connection client;
        private boolean answered;

        Asking(Connection client) {
            this.client = client;
        }

        @Override
        public Action opened(Connection connection, Output out) {
            outboundOpened.add(connection.id());
            out.write('?');
            return Action.NONE;
        }

        @Override
        public Action data(Connection connection, ByteBuffer in, Output out) {
            answered = true;
            client.send(in);
            return Action.CLOSE;
        }

        @Override
        public Action closed(Connection connection, @Nullable IOException error) {
            outboundEnds.add(new End(connection.id(), error));
            if (!answered) {
                client.send("failed\n".getBytes(StandardCharsets.US_ASCII));
            }
            return Action.NONE;
        }
    }

    @Override
    public void close() {
        work.countDown();
        talk.countDown();
        executor.shutdownNow();
    }
}
