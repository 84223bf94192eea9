/**
 * An event loop for TCP and unix-socket servers: one thread, one entry point, eight events. What a user imports is in this
 * package and in {@code io.evio.frame}, which finds the frames of a protocol, and nowhere else; start with {@link io.evio.EvioHandler} and
 * {@link io.evio.Evio}.
 */
@NullMarked
package io.evio;

import org.jspecify.annotations.NullMarked;
