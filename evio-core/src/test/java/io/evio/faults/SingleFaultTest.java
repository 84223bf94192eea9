package io.evio.faults;

import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** One fault at a time of all other calls: those that send, watch and close. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "these are Linux's calls")
class SingleFaultTest extends SingleFaults {

    SingleFaultTest() {
        super(List.copyOf(EnumSet.complementOf(SetupAndInputFaultTest.CALLS)));
    }
}
