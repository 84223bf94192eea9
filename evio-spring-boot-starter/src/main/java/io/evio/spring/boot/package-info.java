/**
 * The API of managed Evio servers for an application: the servers by name, their events, their ports and how they are
 * built.
 */
@NullMarked
package io.evio.spring.boot;

import org.jspecify.annotations.NullMarked;
