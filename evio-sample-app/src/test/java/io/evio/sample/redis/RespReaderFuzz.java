package io.evio.sample.redis;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evio.sample.testing.FuzzInput;

/** Any bytes as commands, to the reader of RESP arrays and inline commands. */
class RespReaderFuzz {

    @FuzzTest
    void anyBytes(byte[] bytes) {
        FuzzInput input = FuzzInput.of(bytes);
        RespRules.checkReader(input.sent(), input.reads());
    }
}
