/**
 * What the tests over real sockets have in common: a handler made of lambdas, servers, clients, and the pollers to run
 * over.
 */
package io.evio.testing;
