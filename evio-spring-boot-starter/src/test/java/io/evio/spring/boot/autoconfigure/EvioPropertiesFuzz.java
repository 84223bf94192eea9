package io.evio.spring.boot.autoconfigure;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;

/** Any text as the value of any property. */
class EvioPropertiesFuzz {

    /** @param bytes the first says which property, the others are the value */
    @FuzzTest
    void anyValue(byte[] bytes) {
        if (bytes.length > 0) {
            int property = (bytes[0] & 0xff) % EvioPropertyRules.PROPERTIES.size();
            EvioPropertyRules.checkAlone(
                    EvioPropertyRules.PROPERTIES.get(property),
                    new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8));
        }
    }
}
