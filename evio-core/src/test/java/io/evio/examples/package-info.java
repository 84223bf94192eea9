/** Small programs that use evio-core as it is, and that the README points to. */
package io.evio.examples;
