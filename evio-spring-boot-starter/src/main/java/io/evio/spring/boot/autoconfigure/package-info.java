/**
 * Wires the starter into an application: one auto-configuration for the servers, and one for each optional technology.
 * What the beans do is said in the packages that they come from.
 */
@NullMarked
package io.evio.spring.boot.autoconfigure;

import org.jspecify.annotations.NullMarked;
