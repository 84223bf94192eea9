package io.evio.sample.http;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.evio.sample.testing.FuzzInput;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;

/** Any bytes as requests, to the readers of heads, fields and bodies. */
class HttpReadersFuzz {

    @AfterAll
    static void tell() throws IOException {
        FuzzInput.tell(HttpReadersFuzz.class);
    }

    @FuzzTest
    void anyBytes(byte[] bytes) {
        FuzzInput input = FuzzInput.of(bytes);
        HttpRules.checkReaders(input.sent(), input.reads());
    }
}
