/** The tools that users test with, against servers over sockets. */
package io.evio.test;
