/** What users test with, against servers over sockets. */
package io.evio.test;
