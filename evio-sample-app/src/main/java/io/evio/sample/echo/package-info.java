/** A server that sends every byte back. */
@NullMarked
package io.evio.sample.echo;

import org.jspecify.annotations.NullMarked;
