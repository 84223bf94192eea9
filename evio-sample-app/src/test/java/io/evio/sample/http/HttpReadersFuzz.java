package io.evio.sample.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evio.sample.testing.FuzzInput;

/** Any bytes as requests, to the readers of heads, fields and bodies. */
class HttpReadersFuzz {

    @FuzzTest
    void anyBytes(byte[] bytes) {
        FuzzInput input = FuzzInput.of(bytes);
        HttpRules.checkReaders(input.sent(), input.reads());
    }
}
