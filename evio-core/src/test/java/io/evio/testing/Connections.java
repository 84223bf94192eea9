package io.evio.testing;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Output;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An {@code opened} that gives every connection to the test. */
public final class Connections implements TestHandler.Opened {

    private final BlockingQueue<Connection> opened = new LinkedBlockingQueue<>();

    @Override
    public Action on(Connection connection, Output out) {
        opened.add(connection);
        return Action.NONE;
    }

    /** Waits for the next one that is opened. */
    public Connection next() throws InterruptedException {
        Connection connection = opened.poll(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (connection == null) {
            throw new AssertionError("No connection was opened");
        }
        return connection;
    }

    /**
     * Runs something on the connection's loop, as an event of it, and waits for its result; what it throws stays the
     * test's.
     */
    public static <T> T onLoop(Connection connection, Callable<T> task) throws Exception {
        CompletableFuture<T> result = new CompletableFuture<>();
        boolean taken = connection.execute(() -> {
            try {
                result.complete(task.call());
            } catch (Throwable t) {
                result.completeExceptionally(t);
            }
        });
        if (!taken) {
            throw new AssertionError("The connection has ended: " + connection);
        }
        try {
            return result.get(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw new AssertionError(e.getCause());
        }
    }

    /** As {@link #onLoop(Connection, Callable)}, without a result. */
    public static void runOnLoop(Connection connection, Runnable task) throws Exception {
        onLoop(connection, () -> {
            task.run();
            return true;
        });
    }
}
