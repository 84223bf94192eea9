package io.evio.sample.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.evio.sample.http.HttpSocket;
import io.evio.sample.http.OurHttp;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Targets that are stopped and started again, one after the other, under load: not one request is lost. */
@Timeout(60)
class ProxyRestartTest {

    private static final Duration GRACE = Duration.ofSeconds(10);
    private static final int CLIENTS = 8;

    @TempDir
    private Path folder;

    @Test
    void restartsOfTargetsLoseNoRequest() throws Exception {
        String one = "unix://" + folder.resolve("one.sock");
        String two = "unix://" + folder.resolve("two.sock");
        AtomicBoolean over = new AtomicBoolean();
        AtomicInteger answers = new AtomicInteger();
        List<CompletableFuture<Void>> loads = new ArrayList<>();
        ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
        OurHttp first = OurHttp.startAt(one);
        OurHttp second = OurHttp.startAt(two);
        try (OurProxy proxy = OurProxy.start(one + "," + two)) {
            for (int i = 0; i < CLIENTS; i++) {
                loads.add(CompletableFuture.runAsync(() -> load(proxy, over, answers), clients));
            }
            for (int i = 0; i < 3; i++) {
                awaitMore(answers);
                first.stop(GRACE);
                awaitMore(answers);
                first = OurHttp.startAt(one);
                awaitMore(answers);
                second.stop(GRACE);
                awaitMore(answers);
                second = OurHttp.startAt(two);
            }
            over.set(true);
            for (CompletableFuture<Void> load : loads) {
                load.get(20, TimeUnit.SECONDS);
            }
        } finally {
            over.set(true);
            clients.shutdownNow();
            first.close();
            second.close();
        }
    }

    private static void awaitMore(AtomicInteger answers) {
        int before = answers.get();
        await().until(() -> answers.get() > before + 300);
    }

    private static void load(OurProxy proxy, AtomicBoolean over, AtomicInteger answers) {
        try (HttpSocket client = proxy.connect()) {
            while (!over.get()) {
                String reply = client.send("GET /slow?millis=1 HTTP/1.1\r\nHost: a\r\n\r\n")
                        .receiveReply();
                assertThat(reply).startsWith("HTTP/1.1 200 ").endsWith("done in 1 ms\n");
                answers.incrementAndGet();
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
