package io.evio;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.internal.loop.Counter;
import io.evio.internal.loop.Counters;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Each count of a loop is shown by one meter and one method of the snapshot, and no other. */
class EvioMeterTest {

    /** Ids given and the beginning of a turn: the loop's own. */
    private static final Set<String> NOT_SHOWN = Set.of("ids", "turnBegan");

    /** The number that a stop cut off is said as the server ends, when nothing scrapes it any more. */
    private static final Set<String> WITHOUT_METER = Set.of("cutOff");

    private static final int MAX_CONNECTIONS = 7;

    private final Counters first = new Counters();
    private final Counters second = new Counters();
    private final Map<String, Long> sums = new HashMap<>();

    /** Each counter has its own power of two, one loop the half of another one's. */
    private EvioStats stats() throws IllegalAccessException {
        long value = 1 << 4;
        for (Field field : Counters.class.getFields()) {
            if (field.getType() == Counter.class && !NOT_SHOWN.contains(field.getName())) {
                ((Counter) field.get(first)).set(value);
                ((Counter) field.get(second)).set(2 * value);
                sums.put(field.getName(), 3 * value);
                value *= 2;
            }
        }
        return EvioStats.of(List.of(first, second), MAX_CONNECTIONS);
    }

    @Test
    void everyCounterHasOneMeter() throws Exception {
        EvioStats stats = stats();
        assertThat(sums).hasSizeGreaterThan(20);
        sums.forEach((name, sum) -> assertThat(EvioMeter.values())
                .as(name)
                .filteredOn(meter -> stats.get(meter) == sum)
                .hasSize(WITHOUT_METER.contains(name) ? 0 : 1));
    }

    @Test
    void everyCounterHasTheMethodOfItsName() throws Exception {
        EvioStats stats = stats();
        for (Map.Entry<String, Long> counter : sums.entrySet()) {
            String name = counter.getKey().toLowerCase(Locale.ROOT);
            List<Method> methods = Arrays.stream(EvioStats.class.getMethods())
                    .filter(method -> method.getName().toLowerCase(Locale.ROOT).endsWith(name))
                    .filter(method -> method.getName().startsWith("outbound") == name.startsWith("outbound"))
                    .toList();
            assertThat(methods).as(name).hasSize(1);
            assertThat(methods.get(0).invoke(stats)).as(name).isEqualTo(counter.getValue());
        }
    }

    @Test
    void connectionsAreWhatWasOpenedAndHasNotEnded() throws Exception {
        first.opened.set(10);
        second.opened.set(5);
        first.closed.set(3);
        second.detached.set(2);
        EvioStats stats = EvioStats.of(List.of(first, second), MAX_CONNECTIONS);
        assertThat(stats.connectionsActive()).isEqualTo(10);
        assertThat(EvioMeter.CONNECTIONS_ACTIVE.value(stats)).isEqualTo(10);
        assertThat(stats.connectionsMax()).isEqualTo(MAX_CONNECTIONS);
        assertThat(EvioMeter.CONNECTIONS_MAX.value(stats)).isEqualTo(MAX_CONNECTIONS);
    }

    @Test
    void timesAreMeteredInSeconds() {
        first.busyNanos.set(1_500_000_000);
        EvioStats stats = EvioStats.of(List.of(first), MAX_CONNECTIONS);
        assertThat(stats.loopBusyNanos()).isEqualTo(1_500_000_000);
        assertThat(EvioMeter.LOOP_BUSY.unit()).isEqualTo("seconds");
        assertThat(EvioMeter.LOOP_BUSY.value(stats)).isEqualTo(1.5);
    }

    @Test
    void theTurnIsTheOldestOneOfAllLoops() {
        assertThat(EvioStats.of(List.of(first, second), MAX_CONNECTIONS).loopTurnNanos())
                .isZero();
        long now = System.nanoTime();
        first.turnBegan.set(now - 1_000_000_000);
        second.turnBegan.set(now - 2_000_000_000);
        assertThat(EvioStats.of(List.of(first, second), MAX_CONNECTIONS).loopTurnNanos())
                .isGreaterThanOrEqualTo(2_000_000_000);
    }

    @Test
    void everyMeterHasANameOfItsOwnAndADescription() {
        assertThat(EvioMeter.values()).extracting(EvioMeter::meterName).doesNotHaveDuplicates();
        assertThat(EvioMeter.values()).allSatisfy(meter -> {
            assertThat(meter.meterName()).matches("evio(\\.[a-z]+)+");
            assertThat(meter.description()).isNotBlank().doesNotEndWith(".");
        });
    }

    @Test
    void snapshotsAreEqualByTheirValues() {
        first.received.set(4);
        EvioStats stats = EvioStats.of(List.of(first), MAX_CONNECTIONS);
        EvioStats same = EvioStats.of(List.of(first), MAX_CONNECTIONS);
        assertThat(same).isEqualTo(stats).hasSameHashCodeAs(stats);
        assertThat(stats.toString()).contains("DATA_RECEIVED=4");
        first.cutOff.set(1);
        assertThat(EvioStats.of(List.of(first), MAX_CONNECTIONS)).isNotEqualTo(stats);
    }
}
