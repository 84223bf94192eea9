package io.evio.sample.redis;

import io.evio.EvioServer;
import io.evio.Limits;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Our server on a free port and on a unix socket in a folder of the test, without Spring, with room for the largest
 * values.
 */
final class OurRedis implements AutoCloseable {

    private final EvioServer server;
    private final Path socket;

    private OurRedis(EvioServer server, Path socket) {
        this.server = server;
        this.socket = socket;
    }

    static OurRedis start(Path folder) throws IOException {
        Path socket = folder.resolve("ours.sock");
        EvioServer server = EvioServer.builder()
                .name("redis")
                .handler(new RedisHandler())
                .addresses("tcp://127.0.0.1:0", "unix://" + socket)
                .limits(Limits.DEFAULTS.withMaxPendingInput(64 << 20).withMaxPendingOutput(256 << 20))
                .build();
        server.start();
        return new OurRedis(server, socket);
    }

    EvioServer server() {
        return server;
    }

    int port() {
        return server.addresses().get(0).port();
    }

    Path socket() {
        return socket;
    }

    RedisConnection connect() throws IOException {
        return new RedisConnection(port());
    }

    @Override
    public void close() {
        server.stop(Duration.ZERO);
    }
}
