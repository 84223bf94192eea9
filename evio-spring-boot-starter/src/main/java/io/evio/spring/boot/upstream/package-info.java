/**
 * Spreads connections over the targets of {@code evio.upstreams}, and checks them. Knows no servers but the one that
 * makes the checks. Public for the other packages of the starter only.
 */
@NullMarked
package io.evio.spring.boot.upstream;

import org.jspecify.annotations.NullMarked;
