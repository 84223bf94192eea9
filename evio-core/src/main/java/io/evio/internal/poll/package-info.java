/**
 * Finds which descriptors are ready: one small seam and one short file a mechanism, each with the same methods in the
 * same order. It knows nothing of connections or handlers. Not for users.
 */
@NullMarked
package io.evio.internal.poll;

import org.jspecify.annotations.NullMarked;
