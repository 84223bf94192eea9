/** The sample application: an echo, a Redis and an HTTP server on evio, with actuator beside them. */
@NullMarked
package io.evio.sample;

import org.jspecify.annotations.NullMarked;
