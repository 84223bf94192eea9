package io.evio.spring.boot.server;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggingSystem;

/** Any text as the value of any property. */
class EvioPropertiesFuzz {

    static {
        // That no server is started is logged, and here a million times.
        LoggingSystem.get(EvioPropertiesFuzz.class.getClassLoader()).setLogLevel("io.evio", LogLevel.OFF);
    }

    private static long inputs;

    @AfterAll
    static void tell() throws IOException {
        // The profile fuzz prints it at its end.
        Files.writeString(
                Path.of("target", "EvioPropertiesFuzz.inputs"), "EvioPropertiesFuzz: " + inputs + " inputs\n");
    }

    /** @param bytes the first says which property, the others are the value */
    @FuzzTest
    void anyValue(byte[] bytes) {
        inputs++;
        if (bytes.length > 0) {
            int property = (bytes[0] & 0xff) % EvioPropertyRules.PROPERTIES.size();
            EvioPropertyRules.checkAlone(
                    EvioPropertyRules.PROPERTIES.get(property),
                    new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8));
        }
    }
}
