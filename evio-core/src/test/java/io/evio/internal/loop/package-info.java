/** Tests of the loop's parts that need no socket. */
package io.evio.internal.loop;
