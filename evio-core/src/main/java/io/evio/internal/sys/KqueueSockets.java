package io.evio.internal.sys;

/** {@link Sockets} whose readiness kqueue(2) tells. */
public interface KqueueSockets extends Sockets {

    /** An event came with this errno of the handle. A kernel leaves it to the next call on the handle to report it. */
    default void failed(int handle, int errno) {}
}
