/** A server that connects its clients to the targets of an upstream. */
@NullMarked
package io.evio.sample.gateway;

import org.jspecify.annotations.NullMarked;
