/** The soak: hours of work in minutes, with everything a server must not lose or keep looked at all the time. */
package io.evio.sample.soak;
