package io.evio.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.faults.FaultScenario.Phase;
import io.evio.internal.sys.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Calls of which each fails with every errno of its man page, one at a time, wherever it is made. A class for each part
 * of all calls lets the parts run side by side.
 */
abstract class SingleFaults {

    /** The places of one call in one phase that are tried; later ones are like earlier ones. */
    private static final int MOST_PLACES = 3;

    private static final int MOST_PLACES_IN_START = 10;

    @TempDir
    private Path folder;

    private final List<Call> calls;
    private final FaultTable table;

    /** @param calls those that fail */
    SingleFaults(List<Call> calls) {
        this.calls = calls;
        this.table = new FaultTable(calls);
    }

    @TestFactory
    List<DynamicNode> everyCallFailsWithEveryErrno() throws Exception {
        Map<Phase, int[]> counts = new EnumMap<>(Phase.class);
        for (Phase phase : Phase.values()) {
            counts.put(phase, FaultScenario.count(phase, folder));
        }
        List<DynamicNode> nodes = new ArrayList<>();
        for (Call call : calls) {
            List<DynamicTest> errnos = new ArrayList<>();
            for (String errno : call.errnos) {
                errnos.add(DynamicTest.dynamicTest(errno, () -> fail(call, errno, counts)));
            }
            nodes.add(DynamicContainer.dynamicContainer(call.title(), errnos));
        }
        nodes.add(DynamicTest.dynamicTest("docs/faults.md says so", this::pageIsRight));
        return nodes;
    }

    private void fail(Call call, String errno, Map<Phase, int[]> counts) throws Exception {
        int failed = 0;
        for (Phase phase : Phase.values()) {
            int places = places(call, phase, counts.get(phase)[call.ordinal()]);
            for (int place = 1; place <= places; place++) {
                failed += fail(call, errno, phase, place);
            }
        }
        assertThat(failed).as("failures of %s", call.title()).isPositive();
    }

    /** The loop's first wait may come before or after the end of the start: it is a wait in service. */
    private static int places(Call call, Phase phase, int made) {
        if (phase == Phase.START) {
            return call == Call.EPOLL_WAIT ? 0 : Math.min(made, MOST_PLACES_IN_START);
        }
        return Math.min(made, MOST_PLACES);
    }

    private int fail(Call call, String errno, Phase phase, int place) throws Exception {
        int number = jnr.constants.platform.Errno.valueOf(errno).intValue();
        try (FaultScenario scenario = new FaultScenario(folder)) {
            int failures = scenario.live(phase, (made, nth) -> made == call && nth == place ? number : 0);
            if (failures > 0) {
                table.add(call, errno, phase, scenario.outcome(call == Call.MALLOC ? "malloc" : Errno.name(number)));
            }
            return failures;
        } catch (Throwable t) {
            throw new AssertionError(
                    call.title() + " number " + place + " of phase " + phase + " with " + errno + ": " + t.getMessage(),
                    t);
        }
    }

    private void pageIsRight() throws IOException {
        String page = table.page();
        System.out.println(page);
        Path file = Path.of("docs/faults.md");
        assertThat(table.missingFrom(Files.exists(file) ? Files.readString(file) : ""))
                .as("what %s does not say; this part of the page is printed above", file)
                .isEmpty();
    }
}
