package io.evio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The effect of a builder's settings on each other. */
class ServerBuilderTest {

    private final EvioServer.Builder builder =
            EvioServer.builder().handler(new EvioHandler() {}).addresses("tcp://127.0.0.1:0");

    @Test
    void theNameIsTheOneSetLast() {
        assertThat(builder.name()).isEqualTo("server");
        assertThat(builder.name("echo").name("redis").name()).isEqualTo("redis");
        assertThat(builder.build().name()).isEqualTo("redis");
    }

    @Test
    void changedLimitsKeepTheOthers() {
        EvioServer server = builder.limits(Limits.DEFAULTS.withMaxConnections(7).withIdleTimeout(Duration.ofSeconds(3)))
                .limits(limits -> limits.withMaxConnections(9))
                .limits(limits -> limits.withHighWaterMark(2 * 1024 * 1024))
                .limits(limits -> limits.withLowWaterMark(1024))
                .build();
        assertThat(server.limits())
                .isEqualTo(Limits.DEFAULTS
                        .withMaxConnections(9)
                        .withIdleTimeout(Duration.ofSeconds(3))
                        .withWaterMarks(1024, 2 * 1024 * 1024));
    }

    @Test
    void givenLimitsReplaceThemAll() {
        EvioServer server = builder.limits(limits -> limits.withMaxConnections(7))
                .limits(Limits.DEFAULTS)
                .build();
        assertThat(server.limits()).isEqualTo(Limits.DEFAULTS);
    }

    @Test
    void changedLimitsAreCheckedAsGivenOnesAre() {
        builder.loops(8);
        assertThatThrownBy(() -> builder.limits(limits -> limits.withMaxPendingTotal(4 * 1024 * 1024)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("max-pending-total must be at least 1 MiB for each of the 8 loops");
        assertThatThrownBy(() -> builder.limits(limits -> limits.withHighWaterMark(1)))
                .hasMessageContaining("high-water-mark must not be below low-water-mark, but was 1");
        assertThat(builder.build().limits()).isEqualTo(Limits.DEFAULTS);
    }
}
