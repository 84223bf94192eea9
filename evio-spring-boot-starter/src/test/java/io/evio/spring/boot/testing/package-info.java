/**
 * Tools that the tests of the starter share: clients and an echo handler, JVMs of their own, and the poller to run
 * over.
 */
package io.evio.spring.boot.testing;
