package io.evio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.reflect.Constructor;
import java.lang.reflect.Modifier;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits are a value that may grow: made from other ones only, never by a constructor that a new limit would break. */
class LimitsContractTest {

    private static final int MIB = 1 << 20;

    /** Every number is another one, so that a method that changes its neighbour's is found. */
    private static final Limits ALL = Limits.DEFAULTS
            .withMaxConnections(1)
            .withMaxOutboundConnections(10)
            .withMaxConnectionsPerAddress(11)
            .withAcceptRate(12)
            .withMaxPendingInput(2)
            .withMaxPendingOutput(3)
            .withMaxPendingTotal(4L * MIB)
            .withWaterMarks(5, 6)
            .withIdleTimeout(Duration.ofMillis(7))
            .withFirstInputTimeout(Duration.ofMillis(11))
            .withFrameTimeout(Duration.ofMillis(12))
            .withDrainTimeout(Duration.ofMillis(8));

    @Test
    void eachMethodChangesItsLimitAndNoOther() {
        assertThat(ALL)
                .hasToString("Limits[maxConnections=1, maxOutboundConnections=10, maxConnectionsPerAddress=11,"
                        + " acceptRate=12, maxPendingInput=2, maxPendingOutput=3, maxPendingTotal=4194304,"
                        + " highWaterMark=6, lowWaterMark=5, idleTimeout=PT0.007S, firstInputTimeout=PT0.011S,"
                        + " frameTimeout=PT0.012S, drainTimeout=PT0.008S]");
        assertThat(ALL.maxConnections()).isEqualTo(1);
        assertThat(ALL.maxOutboundConnections()).isEqualTo(10);
        assertThat(ALL.maxConnectionsPerAddress()).isEqualTo(11);
        assertThat(ALL.acceptRate()).isEqualTo(12);
        assertThat(ALL.maxPendingInput()).isEqualTo(2);
        assertThat(ALL.maxPendingOutput()).isEqualTo(3);
        assertThat(ALL.maxPendingTotal()).isEqualTo(4L * MIB);
        assertThat(ALL.lowWaterMark()).isEqualTo(5);
        assertThat(ALL.highWaterMark()).isEqualTo(6);
        assertThat(ALL.idleTimeout()).isEqualTo(Duration.ofMillis(7));
        assertThat(ALL.firstInputTimeout()).isEqualTo(Duration.ofMillis(11));
        assertThat(ALL.frameTimeout()).isEqualTo(Duration.ofMillis(12));
        assertThat(ALL.drainTimeout()).isEqualTo(Duration.ofMillis(8));
        assertThat(ALL.withHighWaterMark(9)).isEqualTo(ALL.withWaterMarks(5, 9)).isNotEqualTo(ALL);
        assertThat(ALL.withLowWaterMark(4)).isEqualTo(ALL.withWaterMarks(4, 6)).isNotEqualTo(ALL);
    }

    @Test
    void areEqualByTheirValues() {
        Limits same = ALL.withMaxConnections(9).withMaxConnections(1);
        assertThat(same).isNotSameAs(ALL).isEqualTo(ALL).hasSameHashCodeAs(ALL);
        assertThat(ALL).isNotEqualTo(Limits.DEFAULTS).isNotEqualTo(null).isNotEqualTo("Limits");
        assertThat(ALL)
                .isNotEqualTo(ALL.withMaxConnections(9))
                .isNotEqualTo(ALL.withMaxOutboundConnections(9))
                .isNotEqualTo(ALL.withMaxConnectionsPerAddress(9))
                .isNotEqualTo(ALL.withAcceptRate(9))
                .isNotEqualTo(ALL.withMaxPendingInput(9))
                .isNotEqualTo(ALL.withMaxPendingOutput(9))
                .isNotEqualTo(ALL.withMaxPendingTotal(9L * MIB))
                .isNotEqualTo(ALL.withIdleTimeout(Duration.ZERO))
                .isNotEqualTo(ALL.withFirstInputTimeout(Duration.ZERO))
                .isNotEqualTo(ALL.withFrameTimeout(Duration.ZERO))
                .isNotEqualTo(ALL.withDrainTimeout(Duration.ofDays(1)));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 2, 3, 1048576, 5, 6, 0, 1, 'max-connections must be at least 1, but was 0'",
        "1, 0, 3, 1048576, 5, 6, 0, 1, 'max-pending-input must be at least 1 byte, but was 0'",
        "1, 536870913, 3, 1048576, 5, 6, 0, 1, 'max-pending-input must be at most 512 MiB, but was 536870913'",
        "1, 2, 0, 1048576, 5, 6, 0, 1, 'max-pending-output must be at least 1 byte, but was 0'",
        "1, 2, 1073741825, 1048576, 5, 6, 0, 1, 'max-pending-output must be at most 1 GiB, but was 1073741825'",
        "1, 2, 3, 1048575, 5, 6, 0, 1, 'max-pending-total must be at least 1 MiB, but was 1048575'",
        "1, 2, 3, 1048576, 0, 6, 0, 1, 'low-water-mark must be at least 1 byte, but was 0'",
        "1, 2, 3, 1048576, 7, 6, 0, 1, 'high-water-mark must not be below low-water-mark, but was 6'",
        "1, 2, 3, 1048576, 5, 6, -1, 1, 'idle-timeout must not be negative, but was PT-0.001S'",
        "1, 2, 3, 1048576, 5, 6, 0, 0, 'drain-timeout must be at least 1 ms, but was PT0S'",
    })
    void refuseWhatIsOutOfRange(
            int connections, int input, int output, long total, int low, int high, long idle, long drain, String rule) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.DEFAULTS
                        .withMaxConnections(connections)
                        .withMaxPendingInput(input)
                        .withMaxPendingOutput(output)
                        .withMaxPendingTotal(total)
                        .withWaterMarks(low, high)
                        .withIdleTimeout(Duration.ofMillis(idle))
                        .withDrainTimeout(Duration.ofMillis(drain)))
                .withMessage(rule);
    }

    @Test
    void whatMayBeZeroMayNotBeLess() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.DEFAULTS.withMaxConnectionsPerAddress(-1))
                .withMessage("max-connections-per-address must not be negative, but was -1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.DEFAULTS.withAcceptRate(-1))
                .withMessage("accept-rate must not be negative, but was -1");
    }

    @Test
    void refuseTimesForInputThatAreNegative() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.DEFAULTS.withFirstInputTimeout(Duration.ofMillis(-1)))
                .withMessage("first-input-timeout must not be negative, but was PT-0.001S");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Limits.DEFAULTS.withFrameTimeout(Duration.ofMillis(-1)))
                .withMessage("frame-timeout must not be negative, but was PT-0.001S");
    }

    /** A record's constructor is public: each value more would break who calls it. */
    @Test
    void valuesOfTheApiThatGrowHaveNoPublicConstructor() {
        for (Class<?> type : new Class<?>[] {Limits.class, EvioStats.class, ConnectionStats.class}) {
            assertThat(type.isRecord()).as(type.getName()).isFalse();
            assertThat(Modifier.isFinal(type.getModifiers())).as(type.getName()).isTrue();
            assertThat(type.getDeclaredConstructors())
                    .extracting(Constructor::getModifiers)
                    .noneMatch(Modifier::isPublic)
                    .noneMatch(Modifier::isProtected);
        }
    }
}
