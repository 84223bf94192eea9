package io.evio.sample.http;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evio.sample.testing.FuzzInput;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.slf4j.LoggerFactory;

/** Any bytes as what a client sends on one connection, to the whole server on its loop. */
class HttpHandlerFuzz {

    static {
        // The work that fails is logged, and here it is done a million times.
        ((Logger) LoggerFactory.getLogger("io.evio")).setLevel(Level.OFF);
    }

    @AfterAll
    static void tell() throws IOException {
        FuzzInput.tell(HttpHandlerFuzz.class);
    }

    @FuzzTest
    void anyBytes(byte[] bytes) {
        FuzzInput input = FuzzInput.of(bytes);
        HttpRules.checkHandler(input.sent(), input.reads(), input.writes());
    }
}
