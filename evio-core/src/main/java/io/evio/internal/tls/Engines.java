package io.evio.internal.tls;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Ends engines that hold native memory: those of providers that are no garbage of the JVM's. */
final class Engines {

    private static final Logger LOG = LoggerFactory.getLogger("io.evio");

    private static final String REFERENCE_COUNTED = "io.netty.util.ReferenceCounted";

    private Engines() {}

    /** The engine is used no more. */
    static void release(SSLEngine engine) {
        try {
            if (engine instanceof AutoCloseable closeable) {
                closeable.close();
            } else {
                Optional<Method> release = RELEASE.get(engine.getClass());
                if (release.isPresent()) {
                    release.get().invoke(engine);
                }
            }
        } catch (Exception | LinkageError e) {
            LOG.warn("An engine of {} could not be released", engine.getClass().getName(), e);
        }
    }

    private static final ClassValue<Optional<Method>> RELEASE = new ClassValue<>() {
        @Override
        protected Optional<Method> computeValue(Class<?> type) {
            for (Class<?> c = type; c != null; c = c.getSuperclass()) {
                Optional<Method> found = Arrays.stream(c.getInterfaces())
                        .map(Engines::releaseOf)
                        .flatMap(Optional::stream)
                        .findFirst();
                if (found.isPresent()) {
                    return found;
                }
            }
            return Optional.empty();
        }
    };

    private static Optional<Method> releaseOf(Class<?> implemented) {
        if (implemented.getName().equals(REFERENCE_COUNTED)) {
            return Arrays.stream(implemented.getMethods())
                    .filter(method -> method.getName().equals("release") && method.getParameterCount() == 0)
                    .findFirst();
        }
        return Arrays.stream(implemented.getInterfaces())
                .map(Engines::releaseOf)
                .flatMap(Optional::stream)
                .findFirst();
    }
}
