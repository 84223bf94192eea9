package io.evio.spring.boot;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.beans.factory.annotation.Value;

/**
 * Injects the first TCP port that an Evio server really listens on: {@code @LocalEvioPort("echo")} that of the server
 * {@code echo}, which is in {@code local.evio.echo.port}, and {@code @LocalEvioPort} that of the application's first
 * server that has one, which is in {@code local.evio.port}.
 */
@Target({ElementType.FIELD, ElementType.METHOD, ElementType.PARAMETER, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Value(LocalEvioPort.FIRST)
public @interface LocalEvioPort {

    /** The property that is injected without a name. */
    String FIRST = "${local.evio.port}";

    /** Returns the name of the server; without one it is the first that has any. */
    String value() default "";
}
