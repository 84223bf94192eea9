/** The README is right: what it shows is compiled, bound, compared with the build, or run. */
package io.evio.sample.readme;
