/**
 * Tools that the tests over real sockets share: a handler made of lambdas, servers, clients, and the pollers to run
 * over.
 */
package io.evio.testing;
