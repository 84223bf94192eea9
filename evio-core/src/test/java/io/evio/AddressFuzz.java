package io.evio;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;

/** Any text at all as an address. */
class AddressFuzz {

    private static long inputs;

    @AfterAll
    static void tell() {
        System.out.println("fuzz: AddressFuzz has read " + inputs + " inputs");
    }

    @FuzzTest
    void anyText(byte[] text) {
        inputs++;
        AddressRules.check(new String(text, StandardCharsets.UTF_8));
    }
}
