/**
 * The one event loop: connections, buffers, wakes, ticks and limits, over a {@link io.evio.poll.Poller}. It knows neither
 * the API nor Spring, and nothing that differs between operating systems. Not for users.
 *
 * <p>Where to start reading: {@link io.evio.loop.EventLoop#run} is the loop from top to bottom. Everything here belongs
 * to its thread, except what says otherwise.
 */
@NullMarked
package io.evio.loop;

import org.jspecify.annotations.NullMarked;
