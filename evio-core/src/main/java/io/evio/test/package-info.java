/**
 * Tests handlers and servers: a blocking client that says what came instead of what was expected, and a server in
 * memory, whose peers and clock a test has in hand.
 *
 * <pre>{@code
 * EvioServer server = EvioServer.builder().handler(new Echo()).addresses("tcp://127.0.0.1:0").build();
 * server.start();
 * try (TestClient client = TestClient.connect(server)) {
 *     client.send("hello\n").expect("hello\n").endOutput().expectEnd();
 * }
 * }</pre>
 *
 * <p>It needs no test framework: what is not as expected is an {@link java.lang.AssertionError}. Nothing else of evio
 * knows this package.
 */
@NullMarked
package io.evio.test;

import org.jspecify.annotations.NullMarked;
