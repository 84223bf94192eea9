package io.evio.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sys.PeerAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** When connections let go of what they hold for their events, by a clock that the test sets. */
class IdleMemoryTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long NEVER = Long.MAX_VALUE;

    private final List<Long> silent = new ArrayList<>();
    private final IdleMemory memory = new IdleMemory(connection -> silent.add(connection.id));

    private LoopConnection holder(long id, long lastActive) {
        LoopConnection connection = new LoopConnection(null, id, -1, new PeerAddress(), 0);
        connection.lastActive = lastActive;
        connection.view = ByteBuffer.allocate(1);
        memory.add(connection);
        return connection;
    }

    /** As the loop does between two waits. */
    private void turn(long now) {
        memory.release(now);
        memory.next(now);
    }

    @Test
    void onlyWhoIsSilentLetsGo() {
        LoopConnection speaks = holder(1, 0);
        LoopConnection falls = holder(2, 0);
        for (long now = 0; now <= 10 * SECOND; now += SECOND / 10) {
            speaks.lastActive = now;
            turn(now);
            assertThat(speaks.view).isNotNull();
            if (now < 3 * SECOND) {
                assertThat(falls.view).isNotNull();
            }
        }
        assertThat(falls.view).isNull();
        assertThat(silent).containsExactly(2L);
    }

    @Test
    void whoIsSilentLetsGoWithinFourSecondsOfItsLastByte() {
        for (int tenth = 0; tenth < 10; tenth++) {
            long last = tenth * SECOND / 10;
            LoopConnection connection = holder(tenth, last);
            for (long now = 0; now <= last + 4 * SECOND; now += SECOND / 10) {
                turn(now);
            }
            assertThat(connection.view)
                    .as("of a last byte after %d00 ms", tenth)
                    .isNull();
        }
    }

    @Test
    void whoSpeaksAgainIsSilentAgain() {
        LoopConnection connection = holder(1, 0);
        turn(0);
        turn(5 * SECOND);
        assertThat(silent).containsExactly(1L);
        connection.lastActive = 6 * SECOND;
        memory.add(connection);
        memory.add(connection);
        turn(6 * SECOND);
        turn(20 * SECOND);
        assertThat(silent).as("told once each time").containsExactly(1L, 1L);
    }

    @Test
    void whoHasEndedLetsGoAtOnce() {
        LoopConnection connection = holder(1, 0);
        connection.phase = Phase.GONE;
        turn(0);
        turn(SECOND);
        assertThat(silent).containsExactly(1L);
    }

    @Test
    void loopIsNotWokenWhileNobodyHoldsAnything() {
        assertThat(memory.next(0)).isEqualTo(NEVER);
        holder(1, 0);
        assertThat(memory.next(0)).isEqualTo(SECOND);
        assertThat(memory.next(SECOND / 2)).as("put off by nothing").isEqualTo(SECOND);
        memory.release(9 * SECOND);
        assertThat(memory.next(9 * SECOND)).isEqualTo(NEVER);
    }

    @Test
    void oneThatSpeaksAmongManyIsNotLostWhenTheyFallSilent() {
        LongStream.rangeClosed(1, 1000).forEach(id -> holder(id, id % 100 == 0 ? 8 * SECOND : 0));
        turn(0);
        turn(9 * SECOND);
        assertThat(silent).hasSize(990);
        turn(20 * SECOND);
        assertThat(silent).hasSize(1000).doesNotHaveDuplicates();
    }
}
