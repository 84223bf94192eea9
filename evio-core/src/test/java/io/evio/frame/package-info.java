/** Scanners alone, without sockets: a stream, cut into any pieces, and the frames that have to come out. */
package io.evio.frame;
