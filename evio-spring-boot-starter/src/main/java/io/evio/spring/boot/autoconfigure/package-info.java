/**
 * Runs the application's {@link io.evio.EvioHandler} and {@link io.evio.EvioHandlerFactory} beans as managed servers. Only the
 * auto-configurations are public.
 */
@NullMarked
package io.evio.spring.boot.autoconfigure;

import org.jspecify.annotations.NullMarked;
