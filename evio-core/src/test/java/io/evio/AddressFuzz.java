package io.evio;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/** Any text at all as an address. */
class AddressFuzz {

    @FuzzTest
    void anyText(byte[] text) {
        AddressRules.check(new String(text, StandardCharsets.UTF_8));
    }
}
