package io.evio.faults;

import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** One fault at a time of all other calls: those that watch, wake, shut down and close. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "these are Linux's calls")
class WatchAndCloseFaultTest extends SingleFaults {

    WatchAndCloseFaultTest() {
        super(others());
    }

    private static List<Call> others() {
        EnumSet<Call> calls = EnumSet.complementOf(SetupAndInputFaultTest.CALLS);
        calls.removeAll(OutputFaultTest.CALLS);
        return List.copyOf(calls);
    }
}
