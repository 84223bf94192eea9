package io.evio.spring.boot.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.spring.boot.testing.ChildJvm;
import io.evio.spring.boot.testing.Clients;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Devtools restarts an application in a new class loader, on the addresses that the old one has just left. */
@Timeout(120)
class EvioDevtoolsTests {

    private static final int RESTARTS = 4;

    /** The old class loader is kept by nothing of ours. */
    @Test
    void restartsOnTheSameAddresses(@TempDir Path folder) throws Exception {
        restarts(folder, "AppClassLoader", 2);
    }

    /**
     * As in an application that wants them reloaded: the native library is loaded once more by each class loader, and
     * does not let it go.
     */
    @Test
    void restartsWithJnrInTheReloadedClassLoader(@TempDir Path folder) throws Exception {
        Path settings = folder.resolve("classes/META-INF/spring-devtools.properties");
        Files.createDirectories(settings.getParent());
        Files.writeString(settings, "restart.include.jnr=/(jnr-|jffi)[^/]*\\\\.jar\n");
        restarts(folder, "RestartClassLoader", Integer.MAX_VALUE);
    }

    /** @param liveLoaders how many class loaders may be left at a time, the one in use among them */
    private static void restarts(Path folder, String jnrLoader, int liveLoaders) throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        Path path = folder.resolve("e.sock");
        try (ChildJvm jvm = ChildJvm.start(
                folder,
                name -> true,
                DevtoolsApplication.class,
                "--evio.addresses=tcp://127.0.0.1:" + port + ", unix://" + path,
                "--evio.shutdown.grace-period=200ms",
                // Only the test restarts it, not a build that changes a folder meanwhile.
                "--spring.devtools.restart.trigger-file=never")) {
            DevtoolsApplication.Stand first = awaitStart(jvm, port, 1);
            assertThat(first.loader()).isEqualTo("RestartClassLoader");
            assertThat(first.jnr()).isEqualTo(jnrLoader);
            for (int start = 2; start <= RESTARTS + 1; start++) {
                try (Socket client = Clients.connect(port)) {
                    greeting(client);
                    client.getOutputStream().write('!');
                    assertThat(client.getInputStream().read()).isEqualTo(-1);
                }
                DevtoolsApplication.Stand stand = awaitStart(jvm, port, start);
                assertThat(stand.loopThreads()).isEqualTo(1);
                assertThat(stand.descriptors()).isEqualTo(first.descriptors());
                try (SocketChannel unix = Clients.connect(path)) {
                    assertThat(unix.isConnected()).isTrue();
                }
            }
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                try (Socket client = Clients.connect(port)) {
                    return greeting(client).liveLoaders() <= liveLoaders;
                }
            });
            assertThat(jvm.terminate()).isEqualTo(143);
            assertThat(path).doesNotExist();
            assertThat(jvm.output()).doesNotContain("WARN").doesNotContain("ERROR");
        }
    }

    private static DevtoolsApplication.Stand awaitStart(ChildJvm jvm, int port, int start) throws IOException {
        DevtoolsApplication.Stand[] last = new DevtoolsApplication.Stand[1];
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            assertThat(jvm.isAlive()).as(jvm.output()).isTrue();
            try (Socket client = Clients.connect(port)) {
                last[0] = greeting(client);
                return last[0].start() == start;
            } catch (ConnectException e) {
                return false;
            }
        });
        return last[0];
    }

    private static DevtoolsApplication.Stand greeting(Socket client) throws IOException {
        String line = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII))
                .readLine();
        assertThat(line).isNotNull();
        return DevtoolsApplication.Stand.parse(line);
    }
}
