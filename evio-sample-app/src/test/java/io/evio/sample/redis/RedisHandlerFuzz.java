package io.evio.sample.redis;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evio.sample.testing.FuzzInput;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;

/** Any bytes as what a client sends on one connection, to the whole server on its loop. */
class RedisHandlerFuzz {

    @AfterAll
    static void tell() throws IOException {
        FuzzInput.tell(RedisHandlerFuzz.class);
    }

    @FuzzTest
    void anyBytes(byte[] bytes) {
        FuzzInput input = FuzzInput.of(bytes);
        RespRules.checkHandler(input.sent(), input.reads(), input.writes());
    }
}
