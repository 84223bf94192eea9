/** The sample application: an echo and a Redis server on evio, with actuator beside them. */
@NullMarked
package io.evio.sample;

import org.jspecify.annotations.NullMarked;
