package io.evio.internal.poll;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.internal.sys.Errno;
import io.evio.internal.sys.KqueueSystem;
import io.evio.internal.sys.Memory;
import io.evio.internal.sys.SystemCallException;
import java.io.UncheckedIOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link KqueuePoller} over a model of each system's kernel: what it asks for, and what it makes of the answers. */
@ParameterizedClass(name = "{0}")
@EnumSource(KqueueSystem.class)
class KqueuePollerTest {

    private static final int EV_EOF = 0x8000;
    private static final int EV_ERROR = 0x4000;
    private static final int BOTH = Poller.READ | Poller.WRITE;
    private static final long TOKEN = 0x7fff_ffff_0000_0007L;

    @Parameter
    private KqueueSystem system;

    private long allocatedBefore;
    private KernelModel kernel;
    private KqueuePoller poller;
    private int fd;

    @BeforeEach
    void open() throws SystemCallException {
        allocatedBefore = Memory.allocatedBytes();
        kernel = new KernelModel(system);
        poller = new KqueuePoller(system, kernel.library());
        fd = kernel.socket(2, 1, 0);
        kernel.calls.clear();
    }

    @AfterEach
    void close() {
        poller.close();
        kernel.close(fd);
        assertThat(kernel.descriptors).isEmpty();
        assertThat(Memory.allocatedBytes()).isEqualTo(allocatedBefore);
    }

    private List<String> calls() {
        List<String> made = List.copyOf(kernel.calls);
        kernel.calls.clear();
        return made;
    }

    private List<String> filters() {
        return kernel.filters().stream()
                .filter(filter -> filter.startsWith(fd + " "))
                .toList();
    }

    @Test
    void oneCallAddsTheFiltersThatAreWanted() throws SystemCallException {
        poller.add(fd, TOKEN, Poller.READ);
        assertThat(calls()).containsExactly("kevent +" + fd + "read:" + TOKEN);
        assertThat(filters()).containsExactly(fd + " read");
        assertThat(poller.await(0)).isZero();
    }

    @Test
    void oneCallChangesWhatDiffers() throws SystemCallException {
        poller.add(fd, TOKEN, Poller.READ);
        calls();
        poller.modify(fd, TOKEN, BOTH);
        assertThat(calls()).containsExactly("kevent +" + fd + "write:" + TOKEN);
        poller.modify(fd, TOKEN, Poller.WRITE);
        assertThat(calls()).containsExactly("kevent -" + fd + "read:" + TOKEN);
        assertThat(filters()).containsExactly(fd + " write");
        poller.modify(fd, TOKEN, Poller.READ);
        assertThat(calls()).containsExactly("kevent +" + fd + "read:" + TOKEN + " -" + fd + "write:" + TOKEN);
        assertThat(filters()).containsExactly(fd + " read");
        poller.modify(fd, TOKEN, Poller.READ);
        assertThat(calls()).isEmpty();
        poller.modify(fd, TOKEN, 0);
        assertThat(filters()).isEmpty();
    }

    @Test
    void removingDeletesWhatIsThere() throws SystemCallException {
        poller.add(fd, TOKEN, BOTH);
        calls();
        poller.remove(fd);
        assertThat(calls()).containsExactly("kevent -" + fd + "read:0 -" + fd + "write:0");
        assertThat(filters()).isEmpty();
        poller.add(fd, TOKEN, Poller.READ);
        assertThat(filters()).containsExactly(fd + " read");
    }

    @ParameterizedTest
    @ValueSource(strings = {"read", "write"})
    void aChangeThatFailsIsTheCallersToKnow(String filter) {
        kernel.failNext("kevent " + filter, Errno.ENOMEM);
        assertThatThrownBy(() -> poller.add(fd, TOKEN, BOTH)).hasMessageStartingWith("kevent: ENOMEM");
        assertThatThrownBy(() -> poller.add(fd + 1, TOKEN, BOTH)).hasMessageStartingWith("kevent: EBADF");
    }

    /** The changes of one handle are made although an earlier one of them fails: both receipts come. */
    @Test
    void aFailureDoesNotKeepTheOtherChangeFromBeingMade() throws SystemCallException {
        poller.add(fd, TOKEN, Poller.READ);
        kernel.failNext("kevent read", Errno.ENOMEM);
        assertThatThrownBy(() -> poller.modify(fd, TOKEN, Poller.WRITE)).hasMessageStartingWith("kevent: ENOMEM");
        assertThat(filters()).containsExactly(fd + " read", fd + " write");
    }

    @Test
    void eventsBringTheirTokens() throws SystemCallException {
        poller.add(fd, TOKEN, BOTH);
        int other = kernel.socket(2, 1, 0);
        poller.add(other, Long.MIN_VALUE, Poller.READ);
        kernel.activate(fd, "read", 0, 0);
        kernel.activate(fd, "write", 0, 0);
        kernel.activate(other, "read", 0, 0);
        assertThat(poller.await(0)).isEqualTo(3);
        assertThat(poller.token(0)).isEqualTo(TOKEN);
        assertThat(poller.ready(0)).isEqualTo(Poller.READ);
        assertThat(poller.token(1)).isEqualTo(TOKEN);
        assertThat(poller.ready(1)).isEqualTo(Poller.WRITE);
        assertThat(poller.token(2)).isEqualTo(Long.MIN_VALUE);
        // Level-triggered: what was not served is reported again.
        assertThat(poller.await(0)).isEqualTo(3);
        poller.sockets().close(other);
    }

    private int readyFor(String filter, int flags, int errno) throws SystemCallException {
        kernel.activate(fd, filter, flags, errno);
        assertThat(poller.await(0)).isEqualTo(1);
        int ready = poller.ready(0);
        kernel.quieten(fd, filter);
        return ready;
    }

    @Test
    void endOfInputIsReadAndErrorsAreBoth() throws SystemCallException {
        poller.add(fd, TOKEN, BOTH);
        assertThat(readyFor("read", EV_EOF, 0)).isEqualTo(Poller.READ);
        assertThat(readyFor("read", EV_EOF, Errno.ECONNRESET)).isEqualTo(BOTH);
        assertThat(readyFor("write", EV_EOF, 0)).isEqualTo(BOTH);
        assertThat(readyFor("write", EV_EOF, Errno.ECONNRESET)).isEqualTo(BOTH);
        assertThat(readyFor("read", EV_ERROR, 0)).isEqualTo(BOTH);
        assertThat(readyFor("write", EV_ERROR, 0)).isEqualTo(BOTH);
        assertThat(readyFor("write", 0, 0)).isEqualTo(Poller.WRITE);
    }

    @Test
    void moreEventsThanFitComeWithTheNextWait() throws SystemCallException {
        for (int i = 0; i < 600; i++) {
            int one = kernel.socket(2, 1, 0);
            poller.add(one, i, Poller.READ);
            kernel.activate(one, "read", 0, 0);
        }
        assertThat(poller.await(0)).isEqualTo(512);
        assertThat(poller.token(511)).isEqualTo(511);
        for (int one = fd + 1; one <= fd + 600; one++) {
            poller.sockets().close(one);
        }
        assertThat(poller.await(0)).isZero();
    }

    @Test
    void aWaitLastsAsLongAsAsked() throws SystemCallException {
        poller.await(-1);
        poller.await(0);
        poller.await(1);
        poller.await(61_250);
        poller.await(Integer.MAX_VALUE);
        assertThat(calls())
                .containsExactly(
                        "kevent wait for ever",
                        "kevent wait 0 s 0 ns",
                        "kevent wait 0 s 1000000 ns",
                        "kevent wait 61 s 250000000 ns",
                        "kevent wait 2147483 s 647000000 ns");
    }

    @Test
    void aSignalEndsAWaitAndAnErrorFailsIt() throws SystemCallException {
        kernel.failNext("kevent", Errno.EINTR);
        assertThat(poller.await(-1)).isZero();
        kernel.failNext("kevent", KernelModel.EBADF);
        assertThatThrownBy(() -> poller.await(-1)).hasMessageStartingWith("kevent: EBADF");
    }

    @Test
    void wakesAreOneEventUntilConsumed() throws SystemCallException {
        assertThat(poller.await(0)).isZero();
        for (int i = 0; i < 10; i++) {
            poller.wakeup();
        }
        assertThat(poller.await(-1)).isEqualTo(1);
        assertThat(poller.token(0)).isEqualTo(Poller.WAKEUP);
        poller.woken();
        assertThat(poller.await(0)).isZero();
        poller.wakeup();
        assertThat(poller.await(0)).isEqualTo(1);
        poller.woken();
        poller.woken();
        assertThat(poller.await(0)).isZero();
    }

    /** The call that wakes, as the model names it: which one it is depends on the system. */
    private String wakingCall() {
        return system == KqueueSystem.OPENBSD ? "write" : "kevent user";
    }

    @Test
    void aWakeThatFailsIsTheCallersToKnowAndTheNextOneWakes() throws SystemCallException {
        kernel.failNext(wakingCall(), Errno.ENOMEM);
        assertThatThrownBy(() -> poller.wakeup())
                .isInstanceOf(UncheckedIOException.class)
                .hasMessage("The loop could not be woken")
                .cause()
                .hasMessageStartingWith(wakingCall().split(" ")[0] + ": ENOMEM");
        assertThat(poller.await(0)).isZero();
        poller.wakeup();
        assertThat(poller.await(0)).isEqualTo(1);
        assertThat(poller.token(0)).isEqualTo(Poller.WAKEUP);
    }

    @Test
    void aWakeThatASignalInterruptsIsMadeAgain() throws SystemCallException {
        kernel.failNext(wakingCall(), Errno.EINTR);
        poller.wakeup();
        assertThat(poller.await(0)).isEqualTo(1);
    }

    /** Only a pipe has to be read: what cannot be read would be reported for ever. */
    @Test
    void aWakeThatCannotBeConsumedFails() throws SystemCallException {
        poller.wakeup();
        assertThat(poller.await(0)).isEqualTo(1);
        if (wakingCall().equals("write")) {
            kernel.failNext("write", Errno.EAGAIN); // a full pipe wakes as well
            poller.wakeup();
            kernel.failNext("read", Errno.EINTR);
            poller.woken();
            kernel.failNext("read", KernelModel.EBADF);
            assertThatThrownBy(() -> poller.woken()).hasMessageStartingWith("read: EBADF");
        } else {
            poller.woken();
        }
        assertThat(poller.await(0)).isZero();
    }

    @Test
    void everyWakeOfACrowdIsConsumedSoonerOrLater() throws SystemCallException {
        for (int i = 0; i < 1000; i++) {
            poller.wakeup();
        }
        int waits = 0;
        while (poller.await(0) == 1) {
            poller.woken();
            assertThat(++waits).isLessThan(100);
        }
        assertThat(waits).isPositive();
    }

    @Test
    void aWakeComesThroughAPipeWhereUserEventsAreNotInEveryVersion() {
        boolean pipe = system == KqueueSystem.OPENBSD;
        assertThat(kernel.filters()).containsExactly(pipe ? (fd - 2) + " read" : "0 user");
    }

    @Test
    void ofItsOwnDescriptorsNoneIsInheritedAndThePipeDoesNotBlock() {
        kernel.descriptors.forEach((descriptor, flags) -> {
            if (descriptor == 100) {
                assertThat(flags).containsExactly("cloexec"); // a queue has no O_NONBLOCK
            } else if (descriptor != fd) {
                assertThat(flags).containsExactly("cloexec", "nonblock");
            }
        });
    }

    @Test
    void aHandleThatIsClosedIsNotWatchedAnyMore() throws SystemCallException {
        int other = kernel.socket(2, 1, 0);
        poller.add(other, 1, BOTH);
        poller.sockets().close(other);
        assertThat(kernel.filters()).noneMatch(filter -> filter.startsWith(other + " "));
        assertThat(kernel.descriptors).doesNotContainKey(other);
    }

    /** A number that is used again begins with nothing, whatever its earlier handle was watched for. */
    @Test
    void aNumberUsedAgainBeginsAnew() throws SystemCallException {
        poller.add(fd, 1, BOTH);
        poller.sockets().close(fd);
        kernel.descriptors.put(fd, List.of());
        poller.add(fd, 2, Poller.READ);
        assertThat(filters()).containsExactly(fd + " read");
        kernel.activate(fd, "read", 0, 0);
        poller.await(0);
        assertThat(poller.token(0)).isEqualTo(2);
    }

    @Test
    void afterItsEndItDoesNothing() throws SystemCallException {
        KernelModel closed = new KernelModel(system);
        KqueuePoller ended = new KqueuePoller(system, closed.library());
        int detached = closed.socket(2, 1, 0);
        ended.close();
        closed.calls.clear();
        ended.wakeup();
        ended.sockets().close(detached);
        assertThat(closed.calls).containsExactly("close");
        assertThat(closed.descriptors).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"kqueue", "pipe", "fcntl", "kevent user", "kevent read"})
    void whatCannotBeOpenedLeavesNothingBehind(String call) {
        KernelModel failing = new KernelModel(system);
        failing.failNext(call, Errno.EMFILE);
        long allocated = Memory.allocatedBytes();
        try {
            new KqueuePoller(system, failing.library()).close();
            // The other kind of wake, which makes other calls.
            assertThat(call).isIn("pipe", "kevent user", "kevent read");
        } catch (SystemCallException e) {
            assertThat(e).hasMessageStartingWith(call.split(" ")[0] + ": EMFILE");
        }
        assertThat(failing.descriptors).isEmpty();
        assertThat(Memory.allocatedBytes()).isEqualTo(allocated);
    }
}
