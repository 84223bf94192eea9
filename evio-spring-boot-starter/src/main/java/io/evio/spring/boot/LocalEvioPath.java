package io.evio.spring.boot;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.beans.factory.annotation.Value;

/**
 * Injects the path of the first unix socket that the application's Evio servers listen on, as a {@link String} or a
 * {@link java.nio.file.Path}: what {@code local.evio.path} holds. With a server's name, as in
 * {@code @LocalEvioPath("echo")}, it is that server's, which is in {@code local.evio.echo.path}.
 *
 * <p>A test that wants sockets of its own sets {@code evio.test.random-addresses=true}.
 */
@Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Value(LocalEvioPath.FIRST)
public @interface LocalEvioPath {

    /** The property that is injected without a name. */
    String FIRST = "${local.evio.path}";

    /** Returns the name of the server; without one it is the first that has any. */
    String value() default "";
}
