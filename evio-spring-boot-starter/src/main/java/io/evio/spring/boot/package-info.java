/** What an application sees of its managed Evio servers: their events and their ports. */
@NullMarked
package io.evio.spring.boot;

import org.jspecify.annotations.NullMarked;
