/**
 * Runs the servers with their application context: starts and stops them, watches them, and publishes their events and
 * real ports. Public for the other packages of the starter only.
 */
@NullMarked
package io.evio.spring.boot.context;

import org.jspecify.annotations.NullMarked;
