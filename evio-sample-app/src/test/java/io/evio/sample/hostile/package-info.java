/** The sample app among clients that mean it harm. */
package io.evio.sample.hostile;
