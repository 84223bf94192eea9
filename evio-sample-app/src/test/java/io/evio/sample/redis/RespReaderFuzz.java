package io.evio.sample.redis;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evio.sample.testing.FuzzInput;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;

/** Any bytes as commands, to the reader of RESP arrays and inline commands. */
class RespReaderFuzz {

    @AfterAll
    static void tell() throws IOException {
        FuzzInput.tell(RespReaderFuzz.class);
    }

    @FuzzTest
    void anyBytes(byte[] bytes) {
        FuzzInput input = FuzzInput.of(bytes);
        RespRules.checkReader(input.sent(), input.reads());
    }
}
