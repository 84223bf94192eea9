/**
 * Turns a failed start into a report of what is wrong, where it was set and what to do. Nothing here is public: Spring
 * Boot finds the analyzers in {@code META-INF/spring.factories}.
 */
@NullMarked
package io.evio.spring.boot.diagnostics;

import org.jspecify.annotations.NullMarked;
