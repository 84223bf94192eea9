package io.evio.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Says which test passed over which poller: every test as a line of {@code target/surefire-reports/pollers.txt}, the
 * sums on the console too. Surefire's own reports number the runs of a class, and do not name them.
 */
public final class PollerReport implements TestExecutionListener {

    private static final Path FILE =
            Path.of("target", ScramblingLayer.isOn() ? "surefire-reports-layer" : "surefire-reports", "pollers.txt");

    /** The result of a test. */
    private enum Outcome {
        PASSED,
        SKIPPED,
        FAILED
    }

    /**
     * By poller, and then by test; a test that is run again counts as it went at last. Of the whole JVM, as the file
     * is.
     */
    private static final Map<String, Map<String, Outcome>> RESULTS = new TreeMap<>();

    private TestPlan plan;

    @Override
    public void testPlanExecutionStarted(TestPlan started) {
        plan = started;
    }

    @Override
    public void executionFinished(TestIdentifier test, TestExecutionResult result) {
        record(
                test,
                switch (result.getStatus()) {
                    case SUCCESSFUL -> Outcome.PASSED;
                    case ABORTED -> Outcome.SKIPPED;
                    case FAILED -> Outcome.FAILED;
                });
    }

    @Override
    public void executionSkipped(TestIdentifier test, String reason) {
        record(test, Outcome.SKIPPED);
    }

    private void record(TestIdentifier test, Outcome outcome) {
        List<String> names = new ArrayList<>();
        String poller = null;
        Optional<TestIdentifier> at = Optional.of(test);
        while (poller == null && at.isPresent()) {
            TestIdentifier node = at.get();
            if (node.getUniqueIdObject().getLastSegment().getType().equals("class-template-invocation")) {
                poller = node.getDisplayName();
                names.add(0, plan.getParent(node).orElseThrow().getDisplayName());
            } else {
                names.add(0, node.getDisplayName());
            }
            at = plan.getParent(node);
        }
        if (poller != null && test.isTest()) {
            synchronized (RESULTS) {
                RESULTS.computeIfAbsent(poller, any -> new TreeMap<>()).put(String.join(" ", names), outcome);
            }
        }
    }

    @Override
    public void testPlanExecutionFinished(TestPlan finished) {
        synchronized (RESULTS) {
            if (!RESULTS.isEmpty()) {
                write();
            }
        }
    }

    private static void write() {
        List<String> lines = new ArrayList<>();
        RESULTS.forEach((poller, tests) -> lines.add(sum(poller, tests)));
        System.out.println(String.join(System.lineSeparator(), lines));
        RESULTS.forEach(
                (poller, tests) -> tests.forEach((test, outcome) -> lines.add(poller + " " + outcome + " " + test)));
        try {
            Files.createDirectories(FILE.getParent());
            Files.write(FILE, lines);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String sum(String poller, Map<String, Outcome> tests) {
        long passed = tests.values().stream().filter(Outcome.PASSED::equals).count();
        long skipped = tests.values().stream().filter(Outcome.SKIPPED::equals).count();
        return "Over " + poller + ": " + passed + " tests passed, " + skipped + " skipped, "
                + (tests.size() - passed - skipped) + " failed";
    }
}
