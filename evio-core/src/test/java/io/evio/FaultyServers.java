package io.evio;

import io.evio.internal.poll.FaultyPollers;
import io.evio.internal.poll.Pollers;
import io.evio.internal.sys.LinuxLibc;
import io.evio.internal.sys.SystemLibrary;
import io.evio.testing.FaultyPoller;
import io.evio.testing.ScramblingLayer;
import java.util.List;

/** Lets a test build servers over system calls or pollers of its own. */
public final class FaultyServers {

    private FaultyServers() {}

    /** A builder whose server makes its calls through the library; everything else has its default. */
    public static EvioServer.Builder over(SystemLibrary<LinuxLibc> library) {
        return ScramblingLayer.over(EvioServer.builder())
                .poller(PollerType.EPOLL)
                .pollers(name -> FaultyPollers.epoll(library));
    }

    /**
     * A builder whose server waits with faulty pollers over real ones of that name.
     *
     * @param made where each of them is added, those of several loops in their order
     */
    public static EvioServer.Builder over(String poller, List<FaultyPoller> made) {
        return ScramblingLayer.over(EvioServer.builder())
                .poller(PollerType.of(poller))
                .pollers(name -> {
                    FaultyPoller faulty = new FaultyPoller(Pollers.open(name));
                    made.add(faulty);
                    return faulty;
                });
    }
}
