/** What every poller has to make of a server, seen from outside: each class is run over each of them. */
package io.evio.conformance;
