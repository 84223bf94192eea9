package io.evio;

import io.evio.internal.loop.EventTimes;
import io.evio.internal.stream.StreamEvents;

/** Lets a test run a handler on a loop of its own. In this package, because only it can. */
public final class LoopEventsOf {

    private LoopEventsOf() {}

    /** The handler's events; {@code serving} is not to be among them, for there is no server. */
    public static StreamEvents handler(EvioHandler handler) {
        return new HandlerEvents(null, handler, true, null, new EventTimes());
    }
}
