/**
 * The event loop over a {@link io.evio.internal.poll.Poller}: sources, wakes, deadlines, ticks and the end, and what
 * the loops of a server share. It knows nothing of connections or events. Not for users.
 *
 * <p>Where to start reading: {@link io.evio.internal.loop.EventLoop#run} is the loop from top to bottom. Everything
 * here belongs to its thread, except what says otherwise.
 */
@NullMarked
package io.evio.internal.loop;

import org.jspecify.annotations.NullMarked;
