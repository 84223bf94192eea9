/** Tests of the reader of headers byte by byte, which sockets would take hours for. */
package io.evio.internal.proxy;
