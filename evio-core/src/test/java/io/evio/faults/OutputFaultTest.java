package io.evio.faults;

import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** One fault at a time of the calls that send. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "these are Linux's calls")
class OutputFaultTest extends SingleFaults {

    static final EnumSet<Call> CALLS = EnumSet.of(Call.SEND, Call.WRITEV);

    OutputFaultTest() {
        super(List.copyOf(CALLS));
    }
}
