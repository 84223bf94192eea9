package io.evio;

import io.evio.poll.FaultyPollers;
import io.evio.sys.LinuxLibc;
import io.evio.sys.SystemLibrary;

/** Lets a test build servers over system calls of its own. */
public final class FaultyServers {

    private FaultyServers() {}

    /** A builder whose server makes its calls through the library; everything else has its default. */
    public static EvioServer.Builder over(SystemLibrary<LinuxLibc> library) {
        return EvioServer.builder().poller("epoll").pollers(name -> FaultyPollers.epoll(library));
    }
}
