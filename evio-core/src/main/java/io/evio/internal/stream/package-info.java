/**
 * Connections: what travels from the wire to the handler and back, and how a connection ends. It knows neither the API
 * nor what differs between operating systems. Not for users.
 *
 * <p>Where to start reading: {@link io.evio.internal.stream.Stream#ready} is the journey of one request. Everything
 * here belongs to the loop's thread, except what says otherwise.
 */
@NullMarked
package io.evio.internal.stream;

import org.jspecify.annotations.NullMarked;
