package io.evio;

import io.evio.poll.FaultyPollers;
import io.evio.poll.Poller;
import io.evio.poll.Pollers;
import io.evio.sys.LinuxLibc;
import io.evio.sys.SystemLibrary;
import java.util.function.UnaryOperator;

/** Lets a test build servers over system calls or pollers of its own. */
public final class FaultyServers {

    private FaultyServers() {}

    /** A builder whose server makes its calls through the library; everything else has its default. */
    public static EvioServer.Builder over(SystemLibrary<LinuxLibc> library) {
        return EvioServer.builder().poller("epoll").pollers(name -> FaultyPollers.epoll(library));
    }

    /** A builder whose server waits with what is made of the real pollers of that name. */
    public static EvioServer.Builder over(String poller, UnaryOperator<Poller> faulty) {
        return EvioServer.builder().poller(poller).pollers(name -> faulty.apply(Pollers.open(name)));
    }
}
