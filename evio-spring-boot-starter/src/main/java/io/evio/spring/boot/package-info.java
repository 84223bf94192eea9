/**
 * What an application sees of its managed Evio servers: the servers by name, their events, their ports and how they are
 * built.
 */
@NullMarked
package io.evio.spring.boot;

import org.jspecify.annotations.NullMarked;
