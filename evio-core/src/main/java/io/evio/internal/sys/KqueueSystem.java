package io.evio.internal.sys;

import java.util.List;
import java.util.Map;

/** The systems with kqueue(2), and Linux with libkqueue: everything in which they differ. */
public enum KqueueSystem {
    MACOS(SocketConstants.MACOS, KeventLayout.narrow(32, -10), true, true, DarwinLibc.class, Map.of()),
    FREEBSD(SocketConstants.FREEBSD, KeventLayout.narrow(64, -11), true, true, BsdLibc.class, Map.of()),
    // EVFILT_USER is there since 7.8 only.
    OPENBSD(SocketConstants.OPENBSD, KeventLayout.narrow(32, -10), false, true, BsdLibc.class, Map.of()),
    // EVFILT_USER is there since 10 only. The plain names are those of old binaries: the headers rename both, and the
    // structure behind __kevent50 has stayed what it is, also where kevent means __kevent100 by now.
    NETBSD(
            SocketConstants.NETBSD,
            KeventLayout.wide(8),
            false,
            true,
            BsdLibc.class,
            Map.of("socket", "__socket30", "kevent", "__kevent50")),
    LINUX(SocketConstants.LINUX, KeventLayout.narrow(32, -11), true, false, BsdLibc.class, Map.of());

    /** What the JVM may call them in {@code os.name}; without Linux, where it is a library's and not the system's own. */
    public static final List<String> NAMES = List.of("Mac OS X", "FreeBSD", "OpenBSD", "NetBSD");

    /** Since FreeBSD 12 the structure has its extensions, and the linker gives new programs the calls that know them. */
    private static final int FIRST_FREEBSD = 12;

    final SocketConstants constants;
    private final KeventLayout layout;
    private final boolean userEvents;
    private final boolean seesClose;
    final Class<? extends KqueueLibc> calls;

    /** The functions that are known to the linker by another name than to the programmer. */
    private final Map<String, String> renamed;

    KqueueSystem(
            SocketConstants constants,
            KeventLayout layout,
            boolean userEvents,
            boolean seesClose,
            Class<? extends KqueueLibc> calls,
            Map<String, String> renamed) {
        this.constants = constants;
        this.layout = layout;
        this.userEvents = userEvents;
        this.seesClose = seesClose;
        this.calls = calls;
        this.renamed = renamed;
    }

    /** The system of this JVM, see {@link #of}. */
    public static KqueueSystem here() {
        return of(System.getProperty("os.name"), System.getProperty("os.version"));
    }

    /**
     * A system by the JVM's names for it.
     *
     * @param name as in {@code os.name}
     * @param version as in {@code os.version}
     * @throws UnsupportedSystemException when it has no kqueue, or is too old
     */
    public static KqueueSystem of(String name, String version) {
        switch (name) {
            case "Mac OS X":
                return MACOS;
            case "FreeBSD":
                String major = version.replaceFirst("\\D.*", "");
                if (!major.isEmpty() && Integer.parseInt(major) < FIRST_FREEBSD) {
                    throw new UnsupportedSystemException(
                            "kqueue needs FreeBSD " + FIRST_FREEBSD + " or later, and this is " + version,
                            "Update the system, or leave the poller at auto",
                            null);
                }
                return FREEBSD;
            case "OpenBSD":
                return OPENBSD;
            case "NetBSD":
                return NETBSD;
            case "Linux":
                return LINUX;
            default:
                throw new UnsupportedSystemException(
                        "kqueue is not there on " + name, "Leave the poller at auto", null);
        }
    }

    /**
     * Where its functions are, the first that has one first. Not found out by asking for kevent(2): a process that has loaded
     * libkqueue once, for an earlier class loader, would seem to have it in its libc.
     */
    String[] libraries() {
        return this == LINUX ? new String[] {"c", "kqueue"} : new String[] {"c"};
    }

    /** What the linker calls a function. */
    String symbol(String function) {
        return renamed.getOrDefault(function, function);
    }

    public KeventLayout layout() {
        return layout;
    }

    /** Whether {@code EVFILT_USER} is there in all versions, so that a wake needs no pipe. */
    public boolean hasUserEvents() {
        return userEvents;
    }

    /** Whether kqueue sees by itself that a descriptor is closed. */
    boolean seesClose() {
        return seesClose;
    }

    /** Makes a descriptor close-on-exec. Returns -1 when that fails. */
    public int setCloseOnExec(Libc libc, int fd) {
        return libc.fcntl(fd, SocketConstants.F_SETFD, SocketConstants.FD_CLOEXEC);
    }

    /** Makes a descriptor that has no other flags non-blocking. Returns -1 when that fails. */
    public int setNonBlocking(Libc libc, int fd) {
        return libc.fcntl(fd, SocketConstants.F_SETFL, constants.nonBlock);
    }
}
