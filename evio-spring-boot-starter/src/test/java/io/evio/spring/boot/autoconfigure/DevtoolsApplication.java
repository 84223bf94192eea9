package io.evio.spring.boot.autoconfigure;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.springframework.beans.factory.ObjectFactory;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.devtools.restart.Restarter;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * An application under devtools: greets each connection with a line of what there is of it in the JVM, and restarts
 * itself when it is told anything.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class DevtoolsApplication {

    public static void main(String[] arguments) {
        SpringApplication.run(DevtoolsApplication.class, arguments);
    }

    @Bean
    EvioHandler echo() {
        return new EvioHandler() {
            @Override
            public Action opened(Connection connection, Output out) {
                out.writeUtf8(Stand.now().line());
                return Action.NONE;
            }

            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                in.position(in.limit());
                // Stops and starts on a thread of its own.
                Restarter.getInstance().restart();
                return Action.NONE;
            }
        };
    }

    /**
     * The whole application.
     *
     * @param start which start of the application it is, from 1
     * @param loader the simple name of the class that has loaded it
     * @param evio the same of evio-core
     * @param jnr the same of jnr-ffi
     * @param loopThreads how many loops run
     * @param descriptors how many sockets, epoll and event descriptors are open
     * @param liveLoaders how many of the class loaders of all starts have not been collected
     */
    record Stand(int start, String loader, String evio, String jnr, int loopThreads, int descriptors, int liveLoaders) {

        static Stand now() {
            Set<ClassLoader> loaders = attribute("loaders", () -> Collections.newSetFromMap(new WeakHashMap<>()));
            AtomicInteger starts = attribute("starts", AtomicInteger::new);
            if (loaders.add(DevtoolsApplication.class.getClassLoader())) {
                starts.incrementAndGet();
            }
            System.gc();
            return new Stand(
                    starts.get(),
                    loaderOf(DevtoolsApplication.class),
                    loaderOf(EvioHandler.class),
                    loaderOf(jnr.ffi.Runtime.class),
                    (int) Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().equals("evio-echo"))
                            .count(),
                    openDescriptors(),
                    loaders.size());
        }

        /** The attributes of the restarter outlive its class loaders. */
        @SuppressWarnings("unchecked")
        private static <T> T attribute(String name, ObjectFactory<T> first) {
            return (T) Restarter.getInstance().getOrAddAttribute(name, first);
        }

        private static String loaderOf(Class<?> type) {
            return type.getClassLoader().getClass().getSimpleName();
        }

        private static int openDescriptors() {
            try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
                return (int) all.map(Stand::target)
                        .filter(target -> target.startsWith("socket:") || target.startsWith("anon_inode:"))
                        .count();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private static String target(Path link) {
            try {
                return Files.readSymbolicLink(link).toString();
            } catch (IOException e) {
                // Closed meanwhile.
                return "";
            }
        }

        String line() {
            return String.join(
                            " ",
                            String.valueOf(start),
                            loader,
                            evio,
                            jnr,
                            String.valueOf(loopThreads),
                            String.valueOf(descriptors),
                            String.valueOf(liveLoaders))
                    + "\n";
        }

        static Stand parse(String line) {
            String[] words = line.split(" ");
            return new Stand(
                    Integer.parseInt(words[0]),
                    words[1],
                    words[2],
                    words[3],
                    Integer.parseInt(words[4]),
                    Integer.parseInt(words[5]),
                    Integer.parseInt(words[6]));
        }
    }
}
