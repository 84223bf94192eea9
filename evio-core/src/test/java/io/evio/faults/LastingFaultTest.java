package io.evio.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioServer;
import io.evio.FaultyServers;
import io.evio.testing.Eventually;
import io.evio.testing.LogCapture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A call that fails again and again: the loop rests meanwhile, and goes on when it is over. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "these are Linux's calls")
class LastingFaultTest {

    @ParameterizedTest
    @ValueSource(strings = {"ECONNABORTED", "EMFILE", "ENOBUFS", "EPERM", "ETIMEDOUT"})
    void acceptsThatAllFailAreNoSpinAndWhoWaitedIsServedAfterwards(String errno) throws Exception {
        int number = jnr.constants.platform.Errno.valueOf(errno).intValue();
        FaultyLibc libc = new FaultyLibc();
        LineHandler handler = new LineHandler();
        EvioServer server = FaultyServers.over(libc.library())
                .handler(handler)
                .addresses("tcp://127.0.0.1:0")
                .build();
        List<Peer> peers = new ArrayList<>();
        try (LogCapture log = new LogCapture()) {
            server.start();
            peers.add(Peer.connect(server.addresses().get(0)).greeted());
            libc.set((call, nth) -> call == Call.ACCEPT4 ? number : 0);
            for (int i = 0; i < 3; i++) {
                peers.add(Peer.connect(server.addresses().get(0)));
            }
            Eventually.isTrue("an accept fails", () -> libc.failures() > 0);
            // Until it has seen that this is no single failure.
            Eventually.isTrue("it pauses", () -> !log.lines().isEmpty());
            long iterations = server.stats().loopIterations();
            int failures = libc.failures();
            // The time is what is measured over, not what is waited for.
            Thread.sleep(300);
            assertThat(server.stats().loopIterations() - iterations).isLessThan(15);
            assertThat(libc.failures() - failures).isLessThan(15);
            assertThat(log.lines()).singleElement().asString().contains("paused", errno);
            peers.get(0).say("estill here\n").expect("still here\n");
            libc.set(FaultyLibc.Plan.NONE);
            for (Peer peer : peers.subList(1, 4)) {
                peer.greeted().say("eserved\n").expect("served\n");
            }
        } finally {
            for (Peer peer : peers) {
                peer.close();
            }
            server.stop(Duration.ZERO);
            handler.close();
        }
    }
}
