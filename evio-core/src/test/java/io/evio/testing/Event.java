package io.evio.testing;

import org.jspecify.annotations.Nullable;

/**
 * An event as {@link TestHandler} has logged it.
 *
 * @param name the name of the handler's method
 * @param id the connection's, 0 for {@code serving} and {@code tick}
 * @param thread where it ran
 * @param amount of {@code data} the bytes in front of the handler, of {@code prewrite} and {@code postwrite} their
 *     amount
 * @param remaining of {@code postwrite}
 * @param error of {@code closed}
 */
public record Event(
        String name,
        long id,
        Thread thread,
        int amount,
        int remaining,
        @Nullable Throwable error) {

    static Event of(String name, long id, int amount, int remaining, @Nullable Throwable error) {
        return new Event(name, id, Thread.currentThread(), amount, remaining, error);
    }

    public boolean is(String event) {
        return name.equals(event);
    }
}
