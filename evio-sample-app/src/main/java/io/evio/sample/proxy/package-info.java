/**
 * A proxy at layer 7, which passes requests of HTTP/1.1 on to the targets of an upstream. Start reading at
 * {@link io.evio.sample.proxy.ProxyHandler}, which has the events of clients; those of targets are in
 * {@link io.evio.sample.proxy.OriginHandler}, and how the two work together is in
 * {@link io.evio.sample.proxy.Exchanges}.
 */
@NullMarked
package io.evio.sample.proxy;

import org.jspecify.annotations.NullMarked;
