package io.evio.spring.boot;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.beans.factory.annotation.Value;

/**
 * Injects the path of the first unix socket that the application's Evio servers listen on, as a {@link String} or a
 * {@link java.nio.file.Path}: what {@code local.evio.path} holds. Of several servers, each one's path is in
 * {@code local.evio.<server>.path}.
 *
 * <p>A test that wants a socket of its own sets <code>evio.addresses=unix://${java.io.tmpdir}/evio-${random.uuid}.sock
 * </code>: short, because a unix socket's path takes at most 107 bytes.
 */
@Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Value("${local.evio.path}")
public @interface LocalEvioPath {}
