package io.evio;

import io.evio.internal.stream.Stream;
import io.evio.internal.stream.Work;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Does slow work of connections off the loop: an event hands it over and returns, an executor does it, and what comes out
 * is finished on the loop, as an event of the connection.
 *
 * <pre>{@code
 * public Action data(Connection connection, ByteBuffer in, Output out) {
 *     LineScanner lines = connection.attachment();
 *     if (!lines.next(in)) {
 *         return Action.NONE;
 *     }
 *     String key = lines.text(in, StandardCharsets.UTF_8);     // one request; those behind it stay unread
 *     return offLoop.call(connection, () -> prices.lookUp(key), (price, reply) -> {
 *         reply.writeDecimal(price);
 *         return Action.NONE;
 *     });
 * }
 * }</pre>
 *
 * <p>A connection has one piece of work off the loop at a time. Until it is finished no {@code data} fires for it and it is
 * not read, so that replies keep the order of their requests and a client that sends faster than the work is done is held
 * back by its own socket. Then {@code data} fires with what the last one left unread. A peer that shuts its writing side
 * is still answered, and a stop waits for the work within its grace period. All others go on meanwhile.
 *
 * <p>Work whose connection has ended is not begun, or its result is thrown away; it is not interrupted. Work that throws
 * ends its connection as an event that throws does. Work that the executor refuses because it is
 * busy is done later: by whoever is done with other work of this object, or when it is offered again. When it is still refused after a
 * second, its connection ends with the refusal.
 *
 * <p>Safe for use by any number of servers at the same time. It owns nothing that would have to be closed.
 */
public final class OffLoop {

    /**
     * Finishes work on the loop.
     *
     * @param <T> what the work results in
     */
    @FunctionalInterface
    public interface Finish<T extends @Nullable Object> {

        /**
         * Called on the loop's thread, never while an event is running; may throw, and may hand over more work.
         *
         * @param result what the work returned
         * @param out for what the connection is to send, valid during the call
         * @return counts as that of {@link EvioHandler#data} does
         */
        Action finish(T result, Output out);
    }

    private static final int ATTEMPTS = 100;
    private static final long MILLIS_BETWEEN_ATTEMPTS = 10;

    private record Piece(Stream connection, Runnable task, int attempt) {}

    private final Executor executor;

    /** Work that the executor has refused, oldest first. Guarded by itself, as {@link #running} is. */
    private final ArrayDeque<Piece> refused = new ArrayDeque<>();

    private int running;

    /**
     * @param executor does the work; it must neither do it on the thread that hands it over nor make that one wait,
     *     because that is the loop's
     */
    public OffLoop(Executor executor) {
        this.executor = Objects.requireNonNull(executor, "executor");
    }

    /**
     * Hands over work, from one of the connection's events, on the loop's thread.
     *
     * @param work done by the executor; may throw anything and return null
     * @param finish called with its result on the loop, unless the connection has ended by then
     * @return {@link Action#NONE}, for the event to return; when it returns another, that one ends the connection and
     *     {@code finish} is not called
     * @throws IllegalStateException on another thread, when the connection has ended, or when it has work off the loop
     *     already
     */
    public <T extends @Nullable Object> Action call(
            Connection connection, Callable<? extends T> work, Finish<? super T> finish) {
        Objects.requireNonNull(work, "work");
        Objects.requireNonNull(finish, "finish");
        Stream target = connection.beginWork();
        submit(new Piece(target, () -> target.complete(completion(work, finish, connection.output())), 1));
        return Action.NONE;
    }

    private static <T extends @Nullable Object> Work completion(
            Callable<? extends T> work, Finish<? super T> finish, Output output) {
        T result;
        try {
            result = work.call();
        } catch (Throwable t) {
            return failed(t);
        }
        return () -> finish.finish(result, output).verdict();
    }

    private static Work failed(Throwable cause) {
        return () -> {
            throw cause;
        };
    }

    private void submit(Piece work) {
        synchronized (refused) {
            running++;
        }
        try {
            executor.execute(() -> run(work));
        } catch (RejectedExecutionException e) {
            refused(work, e);
        }
    }

    private void refused(Piece work, RejectedExecutionException refusal) {
        synchronized (refused) {
            running--;
            if (running > 0) {
                refused.addLast(work);
                return;
            }
        }
        if (work.attempt == ATTEMPTS) {
            work.connection.complete(failed(refusal));
        } else if (!work.connection.hasEnded()) {
            Piece again = new Piece(work.connection, work.task, work.attempt + 1);
            CompletableFuture.delayedExecutor(MILLIS_BETWEEN_ATTEMPTS, TimeUnit.MILLISECONDS, Runnable::run)
                    .execute(() -> submit(again));
        }
    }

    /** On the executor's thread, which also does what was refused meanwhile: it is free next, whatever the others do. */
    private void run(Piece first) {
        for (Piece work = first; work != null; work = next()) {
            if (!work.connection.hasEnded()) {
                work.task.run();
            }
        }
    }

    private @Nullable Piece next() {
        synchronized (refused) {
            Piece next = refused.pollFirst();
            if (next == null) {
                running--;
            }
            return next;
        }
    }
}
