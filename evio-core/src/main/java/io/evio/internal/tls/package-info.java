/**
 * TLS as a {@link io.evio.internal.stream.Layer} over the JDK's {@link javax.net.ssl.SSLEngine}. Knows of streams only
 * what a layer does, and of the settings only how to ask for an engine.
 */
@NullMarked
package io.evio.internal.tls;

import org.jspecify.annotations.NullMarked;
