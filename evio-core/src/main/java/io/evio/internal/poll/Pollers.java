package io.evio.internal.poll;

import io.evio.internal.sys.KqueueSystem;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.SystemLibrary;
import io.evio.internal.sys.UnsupportedSystemException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Chooses the poller: the only place that asks which system this is. */
public final class Pollers {

    private static final Logger LOG = LoggerFactory.getLogger("io.evio");

    /** The pollers there are, the best first. A new poller is a class, and a line here. */
    private static final List<Candidate> CANDIDATES = List.of(
            new Candidate("epoll", List.of("Linux"), List.of(), () -> new EpollPoller(SystemLibrary.linux())),
            new Candidate(
                    "kqueue",
                    KqueueSystem.NAMES,
                    List.of("Linux"),
                    () -> new KqueuePoller(KqueueSystem.here(), SystemLibrary.kqueue())),
            new Candidate("nio", List.of(), List.of(), NioPoller::new));

    /** The names that {@link #open} takes besides {@code auto}. */
    public static final List<String> NAMES =
            CANDIDATES.stream().map(Candidate::name).toList();

    /** True once the reason is logged why there is no better poller. It is the same for every server of a JVM. */
    private static final AtomicBoolean SAID = new AtomicBoolean();

    /** The poller that {@link #open} returns on this thread in place of one of the system. */
    private static final ThreadLocal<@Nullable Poller> GIVEN = new ThreadLocal<>();

    private Pollers() {}

    /** The work of {@link #opening}. */
    public interface Opening {
        void run() throws IOException;
    }

    /** Has the poller opened by what opens one meanwhile, on this thread: the seam of io.evio.test. */
    public static void opening(Poller poller, Opening opening) throws IOException {
        GIVEN.set(poller);
        try {
            opening.run();
        } finally {
            GIVEN.remove();
        }
    }

    /**
     * Opens a poller.
     *
     * @param name one of {@link #NAMES}, or {@code auto} for the first of them that opens here
     * @throws IllegalArgumentException for another name
     * @throws UnsupportedSystemException when this system, or this JVM's settings, do not allow it
     * @throws SystemCallException when the system has no descriptors or memory left
     */
    public static Poller open(String name) throws SystemCallException {
        Poller given = GIVEN.get();
        if (given != null) {
            return given;
        }
        check(name);
        for (Candidate candidate : CANDIDATES) {
            if (candidate.name().equals(name)) {
                return candidate.open();
            }
        }
        return openBest();
    }

    private static Poller openBest() throws SystemCallException {
        Candidate better = null;
        UnsupportedSystemException refusal = null;
        for (Candidate candidate : CANDIDATES) {
            if (candidate.isOfThisSystem()) {
                try {
                    Poller poller = candidate.open();
                    if (better != null || !candidate.isNative()) {
                        sayWhyNoBetter(candidate, better, refusal);
                    }
                    return poller;
                } catch (UnsupportedSystemException e) {
                    if (better == null) {
                        better = candidate;
                        refusal = e;
                    }
                }
            }
        }
        throw refusal != null ? refusal : new IllegalStateException("There is no poller for every system");
    }

    private static void sayWhyNoBetter(
            Candidate chosen, @Nullable Candidate better, @Nullable UnsupportedSystemException refusal) {
        if (SAID.getAndSet(true)) {
            return;
        }
        if (better != null && refusal != null) {
            LOG.warn(
                    "Evio uses the poller {}, because {} cannot be used: {}. {}",
                    chosen.name(),
                    better.name(),
                    refusal.reason(),
                    refusal.advice());
        } else {
            LOG.info(
                    "Evio uses the poller {}, because {} has none of the native ones; choosing it by name, as with"
                            + " evio.poller={}, spares this line",
                    chosen.name(),
                    Candidate.system(),
                    chosen.name());
        }
    }

    /** @throws IllegalArgumentException when the name is neither {@code auto} nor one of {@link #NAMES} */
    public static void check(String name) {
        if (!name.equals("auto") && !NAMES.contains(name)) {
            throw new IllegalArgumentException(
                    "There is no poller '" + name + "': use auto or one of " + String.join(", ", NAMES));
        }
    }
}
