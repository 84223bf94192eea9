/**
 * The operating system, as far as an event loop needs it: the libc calls through jnr-ffi, errno, constants, socket
 * addresses and native memory, and the same on java.nio's channels. It knows nothing of pollers, loops or connections.
 * Not for users.
 */
@NullMarked
package io.evio.internal.sys;

import org.jspecify.annotations.NullMarked;
