package io.evio.poll;

import io.evio.sys.SystemCallException;
import io.evio.sys.SystemLibrary;
import io.evio.sys.UnsupportedSystemException;
import java.util.List;
import java.util.Locale;

/** Chooses the poller: the only place that asks which system this is. */
public final class Pollers {

    /** The names that {@link #open} takes besides {@code auto}. */
    public static final List<String> NAMES = List.of("epoll");

    /** Of other processors' Linux some constants differ, such as O_NONBLOCK. */
    private static final String PROCESSORS = "amd64|x86_64|aarch64|arm64";

    private Pollers() {}

    /**
     * Opens a poller.
     *
     * @param name {@code auto} or one of {@link #NAMES}
     * @throws IllegalArgumentException for another name
     * @throws UnsupportedSystemException when this system, or this JVM's settings, do not allow it
     * @throws SystemCallException when the system has no descriptors or memory left
     */
    public static Poller open(String name) throws SystemCallException {
        check(name);
        String system = System.getProperty("os.name");
        String processor = System.getProperty("os.arch");
        if (!system.toLowerCase(Locale.ROOT).contains("linux")) {
            throw unsupported("There is no poller for " + system + " yet: epoll needs Linux");
        }
        if (!processor.matches(PROCESSORS)) {
            throw unsupported("There is no poller for Linux on " + processor + ": the calls are bound for 64 bits");
        }
        return new EpollPoller(SystemLibrary.linux());
    }

    private static UnsupportedSystemException unsupported(String reason) {
        return new UnsupportedSystemException(
                reason, "Run it on Linux on x86-64 or arm64, with a JVM of 64 bits, as in a container", null);
    }

    /** @throws IllegalArgumentException when the name is neither {@code auto} nor one of {@link #NAMES} */
    public static void check(String name) {
        if (!name.equals("auto") && !NAMES.contains(name)) {
            throw new IllegalArgumentException(
                    "There is no poller '" + name + "': use auto or one of " + String.join(", ", NAMES));
        }
    }
}
