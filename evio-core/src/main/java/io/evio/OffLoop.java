package io.evio;

import io.evio.internal.stream.Stream;
import io.evio.internal.stream.Work;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Does slow work of connections off the loop: an event hands it over and returns, an executor does it, and what comes
 * out is finished on the loop, as an event of the connection.
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
 * <p>A connection has one piece of work off the loop at a time. Until it is finished no {@code data} fires for it and
 * it is not read, so that replies keep the order of their requests and a client that sends faster than the work is done
 * is held back by its own socket. Then {@code data} fires with what the last one left unread. A peer that shuts its
 * writing side is still answered, and a stop waits for the work within its grace period. All others go on meanwhile.
 *
 * <p>{@link #callAsync} lets the connection go on beside its work: replies come in the order in which the pieces of
 * work are done, and a protocol that needs to tell them apart has to number them.
 *
 * <p>Work that throws, that takes longer than {@link #within} says, or that the executor rejects, has failed: it ends
 * its connection as an event that throws does, or is answered by the {@link Failed} it was given. Queueing is the
 * executor's business: one that rejects work when it is busy ends connections when it is busy. Work whose connection
 * has ended is not begun, or its result is thrown away. Work is never interrupted.
 *
 * <p>Immutable, and safe for use by any number of servers at the same time. It owns nothing that would have to be
 * closed.
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

    /** Answers on the loop for work that has failed. */
    @FunctionalInterface
    public interface Failed {

        /**
         * Called on the loop's thread instead of {@link Finish#finish}; may throw, and may hand over more work.
         *
         * @param cause what the work threw; a {@link TimeoutException} when it took too long, a
         *     {@link RejectedExecutionException} when the executor did not take it
         * @param out for what the connection is to send, valid during the call
         * @return counts as that of {@link EvioHandler#data} does
         */
        Action failed(Throwable cause, Output out);
    }

    private static final int DEFAULT_MOST = 64;

    private static final Failed RETHROW = (cause, out) -> {
        throw OffLoop.<RuntimeException>unchecked(cause);
    };

    private final Executor executor;
    private final @Nullable Duration limit;
    private final int most;

    /**
     * @param executor does the work; it must neither do it on the thread that hands it over nor make that one wait,
     *     because that is the loop's
     */
    public OffLoop(Executor executor) {
        this(Objects.requireNonNull(executor, "executor"), null, DEFAULT_MOST);
    }

    private OffLoop(Executor executor, @Nullable Duration limit, int most) {
        this.executor = executor;
        this.limit = limit;
        this.most = most;
    }

    /**
     * Returns one with the same executor whose work fails with a {@link TimeoutException} when it takes longer, the
     * time in the executor's queue included. The work itself goes on, and its result is thrown away.
     *
     * @throws IllegalArgumentException unless the duration is above zero
     */
    public OffLoop within(Duration duration) {
        if (duration.isNegative() || duration.isZero()) {
            throw new IllegalArgumentException("Work needs some time, but was given " + duration);
        }
        return new OffLoop(executor, duration, most);
    }

    /**
     * Returns one with the same executor whose {@link #callAsync} has at most so many pieces of work per connection
     * under way, by default 64.
     *
     * @throws IllegalArgumentException when less than 1
     */
    public OffLoop withMaxPieces(int pieces) {
        if (pieces < 1) {
            throw new IllegalArgumentException("There must be at least 1 piece of work, but was " + pieces);
        }
        return new OffLoop(executor, limit, pieces);
    }

    /**
     * Hands over work, from one of the connection's events, on the loop's thread. Until it is finished the connection
     * gets no {@code data} and is not read.
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
        return call(connection, work, finish, RETHROW);
    }

    /**
     * Hands over work as {@link #call(Connection, Callable, Finish)} does, and has a failure answered instead of ending
     * the connection.
     *
     * @param failed called on the loop when the work has failed, unless the connection has ended by then
     */
    public <T extends @Nullable Object> Action call(
            Connection connection, Callable<? extends T> work, Finish<? super T> finish, Failed failed) {
        requireAll(work, finish, failed);
        Stream stream = connection.stream();
        stream.beginWork();
        submit(connection, work, finish, failed, stream::complete);
        return Action.NONE;
    }

    /**
     * Hands over work and lets the connection go on: it is read, and {@code data} fires, while up to
     * {@linkplain #withMaxPieces so many} pieces of work are under way. With that many it is held up as by
     * {@link #call}, until one is done. Results come in the order in which the work is done. A peer that ends its side
     * is still sent them all. An event that hands over several asks {@link #isFull} before each.
     *
     * @return {@link Action#NONE}, for the event to return
     * @throws IllegalStateException on another thread, when the connection has ended, or when it is held up already
     */
    public <T extends @Nullable Object> Action callAsync(
            Connection connection, Callable<? extends T> work, Finish<? super T> finish) {
        return callAsync(connection, work, finish, RETHROW);
    }

    /**
     * Hands over work as {@link #callAsync(Connection, Callable, Finish)} does, and has a failure answered instead of
     * ending the connection.
     *
     * @param failed called on the loop when the work has failed, unless the connection has ended by then
     */
    public <T extends @Nullable Object> Action callAsync(
            Connection connection, Callable<? extends T> work, Finish<? super T> finish, Failed failed) {
        requireAll(work, finish, failed);
        Stream stream = connection.stream();
        stream.beginPiece(most);
        submit(connection, work, finish, failed, stream::completePiece);
        return Action.NONE;
    }

    /**
     * Returns whether the connection is held up by its work, so that nothing more can be handed over.
     *
     * @throws IllegalStateException on another thread than the loop's
     */
    public boolean isFull(Connection connection) {
        return connection.stream().isBusy();
    }

    private static void requireAll(Object work, Object finish, Object failed) {
        Objects.requireNonNull(work, "work");
        Objects.requireNonNull(finish, "finish");
        Objects.requireNonNull(failed, "failed");
    }

    /** Gives what is left to do on the loop back to it. */
    private interface Completion {
        boolean complete(Work finish);
    }

    private <T extends @Nullable Object> void submit(
            Connection connection,
            Callable<? extends T> work,
            Finish<? super T> finish,
            Failed failed,
            Completion completion) {
        Output out = connection.output();
        CompletableFuture<T> result = new CompletableFuture<>();
        result.whenComplete((value, thrown) -> completion.complete(
                thrown == null
                        ? () -> finish.finish(value, out).verdict()
                        : () -> failed.failed(thrown, out).verdict()));
        if (limit != null) {
            result.orTimeout(Nanos.of(limit), TimeUnit.NANOSECONDS);
        }
        try {
            executor.execute(() -> run(connection, work, result));
        } catch (RuntimeException | Error e) {
            // Rejected; or there is no thread to be had. The connection is held up already, so it has to be told.
            result.completeExceptionally(e);
        }
    }

    private static <T extends @Nullable Object> void run(
            Connection connection, Callable<? extends T> work, CompletableFuture<T> result) {
        if (connection.stream().hasEnded() || result.isDone()) {
            return;
        }
        try {
            result.complete(work.call());
        } catch (Throwable t) {
            result.completeExceptionally(t);
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <E extends Throwable> E unchecked(Throwable thrown) throws E {
        throw (E) thrown;
    }
}
