package io.evio;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;

/** Any text at all as an address. */
class AddressFuzz {

    private static long inputs;

    @AfterAll
    static void tell() throws IOException {
        // The profile fuzz prints it at its end.
        Files.writeString(Path.of("target", "AddressFuzz.inputs"), "AddressFuzz: " + inputs + " inputs\n");
    }

    @FuzzTest
    void anyText(byte[] text) {
        inputs++;
        AddressRules.check(new String(text, StandardCharsets.UTF_8));
    }
}
