package io.evio.internal.poll;

import io.evio.internal.sys.LinuxLibc;
import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.SystemLibrary;

/** Opens pollers over a libc of the test's own. */
public final class FaultyPollers {

    private FaultyPollers() {}

    public static Poller epoll(SystemLibrary<LinuxLibc> library) throws SystemCallException {
        return new EpollPoller(library);
    }
}
