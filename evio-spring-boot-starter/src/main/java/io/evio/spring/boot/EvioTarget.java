package io.evio.spring.boot;

/**
 * One target of an {@link EvioUpstream}, for handlers that keep connections and use them again. The same object for as
 * long as the upstream. Safe from any thread.
 */
public interface EvioTarget {

    /** Returns the target as it was written in the properties. */
    String text();

    /** Returns whether new work may be given to it: its checks do not say that it is down. */
    boolean isUp();

    /**
     * Returns whether a connection to it is for the client alone that it was made for, because it begins with a PROXY
     * header that names that client.
     */
    boolean namesClient();

    /**
     * Counts a connection to it that waits for work, or takes it out of that count. It is still one of its connections,
     * but no load for {@code least-connections}.
     *
     * @param idle whether it waits from now on
     */
    void idle(boolean idle);
}
