/** Tests of the loop's parts that cannot be reached from outside at the moment that matters. */
package io.evio.internal.stream;
