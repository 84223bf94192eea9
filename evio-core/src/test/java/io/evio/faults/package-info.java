/** The server over system calls that fail: every call, every errno of its man page, one by one and at random. */
package io.evio.faults;
