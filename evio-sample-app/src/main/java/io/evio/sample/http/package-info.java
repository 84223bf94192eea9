/**
 * A small HTTP/1.1 server, as strict as RFC 9110 and RFC 9112 ask of one. Start reading at
 * {@link io.evio.sample.http.HttpHandler}, which reads requests through {@link io.evio.sample.http.HeadReader} and
 * {@link io.evio.sample.http.BodyReader}.
 */
@NullMarked
package io.evio.sample.http;

import org.jspecify.annotations.NullMarked;
