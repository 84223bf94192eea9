package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.evio.testing.ChildServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Eventually;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** The memory of a connection that was answered and has nothing to say for now. */
@WithoutLayer("weighs a connection without a layer")
class IdleConnectionTest extends ConformanceTest {

    private static final int MOST_BYTES = 256;

    /**
     * Just above three quarters of a power of two, where the table of ids has doubled: it is emptiest then, and costs
     * most.
     */
    private static final int CROWD = 3100;

    /** Full collections, not to be asked for all the time. */
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

    /** Longer than the loop waits between two looks at who is silent. */
    private static final Duration SETTLED = Duration.ofSeconds(2);

    /** A thousandth of what the crowd takes. */
    private static final int MEANS_NOTHING = 400;

    private static Client echoed(Client client) throws IOException {
        assertThat(client.send("x").read(1)).isEqualTo("x");
        return client;
    }

    /**
     * Returns the memory once it shrinks no more: some of what has left goes with the loop's next look at it, or after
     * a cleaner ran.
     */
    private static long settledHeap(ChildServer child) {
        AtomicLong least = new AtomicLong(Long.MAX_VALUE);
        await("the heap shrinks no more")
                .pollInterval(BETWEEN_LOOKS)
                .during(SETTLED)
                .atMost(Eventually.PATIENCE)
                .until(() -> {
                    long now = child.liveHeap();
                    return now > least.getAndUpdate(before -> Math.min(before, now)) - MEANS_NOTHING;
                });
        return least.get();
    }

    /**
     * All that the heap of the server has more: the loop's object and the user's, their share of tables, and what
     * nobody thought of. The collector is told to leave no gaps, which would be counted, and nothing that is softly
     * reachable: the JDK keeps 280 KB so, and what of it goes while the crowd comes would be taken off the crowd.
     */
    @Test
    void costsAtMost256BytesOfHeapAndNoNativeMemory() throws Exception {
        assumeFalse(isNio(), "a channel of the JDK alone takes more");
        List<String> options = List.of("-Xmx64m", "-XX:MarkSweepAlwaysCompactCount=1", "-XX:SoftRefLRUPolicyMSPerMB=0");
        ChildServer child = closeAfterwards(ChildServer.start(List.of(), options, poller, "echo"));
        for (int i = 0; i < 100; i++) {
            // Has everything loaded and made that comes once.
            echoed(connect(child.address())).close();
        }
        Eventually.isTrue("they have left", () -> child.stats().get("active") == 0);
        long heap = settledHeap(child);
        long nativeMemory = child.stats().get("native");
        for (int i = 0; i < CROWD; i++) {
            echoed(connect(child.address()));
        }
        await().pollInterval(BETWEEN_LOOKS)
                .atMost(Eventually.PATIENCE)
                .untilAsserted(() -> assertThat((child.liveHeap() - heap) / (double) CROWD)
                        .as("bytes of heap a connection")
                        .isBetween(MOST_BYTES / 2.0, (double) MOST_BYTES));
        assertThat(child.stats()).containsEntry("active", (long) CROWD).containsEntry("native", nativeMemory);
    }
}
