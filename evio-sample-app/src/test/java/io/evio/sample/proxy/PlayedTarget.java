package io.evio.sample.proxy;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.Target;
import io.evio.spring.boot.EvioTarget;
import io.evio.spring.boot.EvioUpstream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** An upstream with one target, which is always up, for a proxy in memory. */
record PlayedTarget(String text) implements EvioUpstream, EvioTarget {

    @Override
    public String name() {
        return "http";
    }

    @Override
    public boolean isUp() {
        return true;
    }

    @Override
    public boolean namesClient() {
        return false;
    }

    @Override
    public void idle(boolean idle) {
        // There is no other target that could have less to do.
    }

    @Override
    public EvioTarget next() {
        return this;
    }

    @Override
    public Connection connect(Connection from, EvioHandler handler) {
        return from.connect(Target.of(text), handler);
    }

    @Override
    public void connect(EvioServer server, EvioHandler handler) {
        server.connect(Target.of(text), handler);
    }

    @Override
    public Connection connect(
            Connection from, EvioTarget first, EvioHandler handler, BiConsumer<Connection, EvioTarget> reached) {
        return connect(from, new EvioHandler() {
            @Override
            public Action opened(Connection connection, Output out) {
                reached.accept(connection, first);
                return handler.opened(connection, out);
            }

            @Override
            public Action data(Connection connection, ByteBuffer in, Output out) {
                return handler.data(connection, in, out);
            }

            @Override
            public Action postwrite(Connection connection, int amount, int remaining) {
                return handler.postwrite(connection, amount, remaining);
            }

            @Override
            public Action closed(Connection connection, @Nullable IOException error) {
                return handler.closed(connection, error);
            }
        });
    }
}
