/** Behaviour of a server over every poller, seen from outside: each class is run over each of them. */
package io.evio.conformance;
