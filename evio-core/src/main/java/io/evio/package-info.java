/**
 * An event loop for TCP and unix-socket servers: one thread, one entry point, eight events. Start with
 * {@link io.evio.EvioHandler} and {@link io.evio.Evio}.
 *
 * <p>This package and {@code io.evio.frame}, which finds the frames of a protocol, are the whole API. Everything below
 * {@code io.evio.internal} may change at any time.
 */
@NullMarked
package io.evio;

import org.jspecify.annotations.NullMarked;
