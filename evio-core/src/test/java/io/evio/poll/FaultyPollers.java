package io.evio.poll;

import io.evio.sys.LinuxLibc;
import io.evio.sys.SystemCallException;
import io.evio.sys.SystemLibrary;

/** Opens pollers over a libc of the test's own. */
public final class FaultyPollers {

    private FaultyPollers() {}

    public static Poller epoll(SystemLibrary<LinuxLibc> library) throws SystemCallException {
        return new EpollPoller(library);
    }
}
