/** Other programs against a server's TLS: each class is about one of them, over every poller. */
package io.evio.interop;
