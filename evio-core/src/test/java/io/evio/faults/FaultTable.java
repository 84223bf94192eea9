package io.evio.faults;

import io.evio.faults.FaultScenario.Phase;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The outcome of each call that fails with each errno in each phase: collected from runs, and written as a page. */
final class FaultTable {

    private static final String HEAD = """
            # What a failing system call comes to

            Over epoll, on Linux. Made by `SetupAndInputFaultTest`, `OutputFaultTest` and `WatchAndCloseFaultTest`,
            which fail if they find anything else. They run a whole server once for each line below and each place
            where the call is made: in its start, in service, while it connects to somewhere else, and in its stop.
            What holds everywhere: no connection but the one named here loses a byte, no descriptor and no memory is
            left behind, every `opened` gets its one end, and an idle loop stays idle. Which errors a call may have is
            from its man page.

            An outbound connection that cannot be made fires `closed` with the cause, without `opened`, and counts in
            `evio.connections.outbound.errors`. Its client lives on. What `SO_ERROR` says is how connect(2) went; what
            getsockopt says is that it could not be asked.

            The calls on a detached connection are those of its own threads, and of the one that waits for them.

            Fatal to the loop is only what says that a descriptor of its own is none any more, or what it cannot work
            without; `stats()`, the log, and `onStopped` have it, and every open connection's `closed` gets it as its
            error.

            | call | man page | errno | in the start | in service | while it connects | on a detached connection |\
             in the stop |
            |---|---|---|---|---|---|---|---|
            """;

    private final List<Call> calls;
    private final Map<Call, Map<String, Map<Phase, Set<Outcome>>>> found = new EnumMap<>(Call.class);

    /** @param calls those that are made to fail */
    FaultTable(List<Call> calls) {
        this.calls = calls;
    }

    void add(Call call, String errno, Phase phase, Outcome outcome) {
        found.computeIfAbsent(call, key -> new LinkedHashMap<>())
                .computeIfAbsent(errno, key -> new EnumMap<>(Phase.class))
                .computeIfAbsent(phase, key -> EnumSet.noneOf(Outcome.class))
                .add(outcome);
    }

    /** The page; errors of a call that come to the same share a line. */
    String page() {
        StringBuilder page = new StringBuilder(HEAD);
        found.forEach((call, byErrno) -> {
            Map<String, List<String>> lines = new LinkedHashMap<>();
            byErrno.forEach((errno, phases) -> lines.computeIfAbsent(cells(phases), key -> new ArrayList<>())
                    .add(errno));
            lines.forEach((cells, errnos) -> page.append("| ")
                    .append(call.title())
                    .append(" | ")
                    .append(call.manPage)
                    .append(" | ")
                    .append(String.join(", ", errnos))
                    .append(" | ")
                    .append(cells)
                    .append(" |\n"));
        });
        return page.toString();
    }

    /**
     * Returns rows that were found and are not on the page, or is there of a call and a phase in which nothing was
     * found. A page may have more outcomes than one run finds: some depend on how far the loop has come when the stop
     * begins. Calls that are left to other tables may be on it; any other text may not.
     */
    List<String> missingFrom(String page) {
        Map<String, List<String>> documented = new LinkedHashMap<>();
        page.lines()
                .filter(line -> line.startsWith("| "))
                .map(line -> line.split("\\|", -1))
                .forEach(cells -> {
                    for (String errno : cells[3].strip().split(", ")) {
                        documented.put(
                                cells[1].strip() + " " + errno, List.of(cells).subList(4, 4 + Phase.values().length));
                    }
                });
        List<String> missing = new ArrayList<>();
        found.forEach((call, byErrno) -> byErrno.forEach((errno, phases) -> {
            List<String> cells = documented.remove(call.title() + " " + errno);
            for (Phase phase : Phase.values()) {
                Set<Outcome> outcomes = phases.getOrDefault(phase, Set.of());
                List<String> texts = cells == null
                        ? List.of()
                        : List.of(cells.get(phase.ordinal()).strip().split("; or "));
                boolean asWritten = outcomes.isEmpty()
                        ? texts.equals(List.of(""))
                        : outcomes.stream().allMatch(outcome -> texts.contains(outcome.text));
                if (!asWritten) {
                    missing.add(call.title() + " " + errno + " " + phase + ": " + outcomes);
                }
            }
        }));
        documented.keySet().stream()
                .filter(key -> !key.startsWith("call ") && !isLeftToOthers(key))
                .forEach(missing::add);
        return missing;
    }

    private boolean isLeftToOthers(String callAndErrno) {
        return Arrays.stream(Call.values())
                .filter(call -> !calls.contains(call))
                .anyMatch(call ->
                        call.errnos.stream().anyMatch(errno -> callAndErrno.equals(call.title() + " " + errno)));
    }

    private static String cells(Map<Phase, Set<Outcome>> phases) {
        return Arrays.stream(Phase.values())
                .map(phase -> phases.getOrDefault(phase, Set.of()).stream()
                        .map(outcome -> outcome.text)
                        .collect(Collectors.joining("; or ")))
                .collect(Collectors.joining(" | "));
    }
}
