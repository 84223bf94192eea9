package io.evio.poll;

import io.evio.sys.SystemCallException;
import io.evio.sys.SystemLibrary;
import java.util.List;
import java.util.Locale;

/** Chooses the poller: the only place that asks which system this is. */
public final class Pollers {

    /** The names that {@link #open} takes besides {@code auto}. */
    public static final List<String> NAMES = List.of("epoll");

    private Pollers() {}

    /**
     * Opens a poller.
     *
     * @param name {@code auto} or one of {@link #NAMES}
     * @throws IllegalArgumentException for another name
     * @throws UnsupportedOperationException when this system, or this JVM's settings, do not allow it
     * @throws SystemCallException when the system has no descriptors or memory left
     */
    public static Poller open(String name) throws SystemCallException {
        check(name);
        String system = System.getProperty("os.name");
        if (!system.toLowerCase(Locale.ROOT).contains("linux")) {
            throw new UnsupportedOperationException("There is no poller for " + system + " yet: epoll needs Linux");
        }
        return new EpollPoller(SystemLibrary.linux());
    }

    /** @throws IllegalArgumentException when the name is neither {@code auto} nor one of {@link #NAMES} */
    public static void check(String name) {
        if (!name.equals("auto") && !NAMES.contains(name)) {
            throw new IllegalArgumentException(
                    "There is no poller '" + name + "': use auto or one of " + String.join(", ", NAMES));
        }
    }
}
