package io.evio.faults;

import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** One fault at a time of the calls that make memory, pollers and sockets, connect, accept and receive. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "these are Linux's calls")
class SetupAndInputFaultTest extends SingleFaults {

    static final EnumSet<Call> CALLS = EnumSet.range(Call.EPOLL_CREATE1, Call.RECV);

    SetupAndInputFaultTest() {
        super(List.copyOf(CALLS));
    }
}
