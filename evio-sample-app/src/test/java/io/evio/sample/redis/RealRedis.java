package io.evio.sample.redis;

import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A real redis-server on a unix socket in a folder of the test, without persistence; stopped on close. */
final class RealRedis implements AutoCloseable {

    private final Process process;
    private final Path socket;

    private RealRedis(Process process, Path socket) {
        this.process = process;
        this.socket = socket;
    }

    static RealRedis start(Path folder) throws IOException {
        Path socket = folder.resolve("redis.sock");
        Process process = new ProcessBuilder(
                        Programs.required("redis-server", "redis-server"),
                        "--port",
                        "0",
                        "--unixsocket",
                        socket.toString(),
                        // One database, as ours has.
                        "--databases",
                        "1",
                        "--save",
                        "",
                        "--appendonly",
                        "no",
                        "--dir",
                        folder.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("redis.log").toFile())
                .start();
        await().atMost(Duration.ofSeconds(20)).until(() -> Files.exists(socket) || !process.isAlive());
        if (!process.isAlive()) {
            throw new IOException("redis-server ended: " + Files.readString(folder.resolve("redis.log")));
        }
        return new RealRedis(process, socket);
    }

    Path socket() {
        return socket;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
