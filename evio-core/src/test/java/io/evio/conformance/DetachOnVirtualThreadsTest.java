package io.evio.conformance;

import io.evio.testing.Crowd;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/** The rules of detached connections hold on virtual threads as well. */
@EnabledForJreRange(min = JRE.JAVA_21, disabledReason = "virtual threads came with JDK 21")
class DetachOnVirtualThreadsTest extends DetachTest {

    @Override
    Crowd threads(int size, Crowd.Task task) {
        return Crowd.startVirtual(size, task);
    }
}
