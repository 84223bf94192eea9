/** Listening sockets: where connections come from. Not for users. */
@NullMarked
package io.evio.internal.net;

import org.jspecify.annotations.NullMarked;
