/** Tools that the tests of the sample share. */
package io.evio.sample.testing;
