package io.evio.sample.proxy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evio.sample.testing.FuzzInput;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.slf4j.LoggerFactory;

/** Any bytes as what a client sends to the whole proxy, whose target is played. */
class ProxyClientFuzz {

    static {
        // Every refusal is logged, and here there are a million.
        ((Logger) LoggerFactory.getLogger("io.evio")).setLevel(Level.ERROR);
    }

    @AfterAll
    static void stop() throws IOException {
        ProxyRules.stop();
        FuzzInput.tell(ProxyClientFuzz.class);
    }

    @FuzzTest
    void anyBytes(byte[] bytes) {
        FuzzInput input = FuzzInput.of(bytes);
        ProxyRules.checkClient(input.sent(), input.reads(), input.writes());
    }
}
