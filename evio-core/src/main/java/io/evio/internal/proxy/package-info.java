/**
 * The headers of the PROXY protocol that connections begin with, read by a {@link io.evio.internal.stream.Layer} that
 * is over once it has one. See HAProxy's {@code proxy-protocol.txt}.
 */
@NullMarked
package io.evio.internal.proxy;

import org.jspecify.annotations.NullMarked;
