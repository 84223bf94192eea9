/**
 * Shows the servers to Actuator and Micrometer: health, info, the endpoint {@code evio} and the meters. Public for the
 * auto-configurations only.
 */
@NullMarked
package io.evio.spring.boot.actuate;

import org.jspecify.annotations.NullMarked;
