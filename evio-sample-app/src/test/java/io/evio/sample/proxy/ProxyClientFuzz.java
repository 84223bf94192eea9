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
        // Each server says that it has started and stopped, and here there are a million of them.
        ((Logger) LoggerFactory.getLogger("io.evio")).setLevel(Level.OFF);
    }

    @AfterAll
    static void tell() throws IOException {
        FuzzInput.tell(ProxyClientFuzz.class);
    }

    @FuzzTest
    void anyBytes(byte[] bytes) {
        FuzzInput input = FuzzInput.of(bytes);
        ProxyRules.checkClient(input.sent(), input.reads(), input.writes());
    }
}
