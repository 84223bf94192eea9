/**
 * Makes the servers that the {@code evio} properties ask for out of the application's {@link io.evio.EvioHandler} and
 * {@link io.evio.EvioHandlerFactory} beans. Knows no lifecycle: the servers it returns are not started. Public for the
 * other packages of the starter only.
 */
@NullMarked
package io.evio.spring.boot.server;

import org.jspecify.annotations.NullMarked;
