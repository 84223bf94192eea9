package io.evio.internal.sys;

import java.util.List;

/**
 * The systems with kqueue(2) that jnr-ffi brings its native library for, and Linux with libkqueue: everything in which
 * they differ.
 */
public enum KqueueSystem {
    MACOS(SocketConstants.MACOS, new KeventLayout(32, -10), true, true, DarwinLibc.class),
    FREEBSD(SocketConstants.FREEBSD, new KeventLayout(64, -11), true, true, BsdLibc.class),
    // EVFILT_USER is there since 7.8 only.
    OPENBSD(SocketConstants.OPENBSD, new KeventLayout(32, -10), false, true, BsdLibc.class),
    LINUX(SocketConstants.LINUX, new KeventLayout(32, -11), true, false, BsdLibc.class);

    /** Their names in {@code os.name}; without Linux, where it is a library's and not the system's own. */
    public static final List<String> NAMES = List.of("Mac OS X", "FreeBSD", "OpenBSD");

    /**
     * Since FreeBSD 12 the structure has its extensions, and the linker gives new programs the calls that know them.
     */
    private static final int FIRST_FREEBSD = 12;

    final SocketConstants constants;
    private final KeventLayout layout;
    private final boolean userEvents;
    private final boolean seesClose;
    final Class<? extends KqueueLibc> calls;

    KqueueSystem(
            SocketConstants constants,
            KeventLayout layout,
            boolean userEvents,
            boolean seesClose,
            Class<? extends KqueueLibc> calls) {
        this.constants = constants;
        this.layout = layout;
        this.userEvents = userEvents;
        this.seesClose = seesClose;
        this.calls = calls;
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
            case "Linux":
                return LINUX;
            default:
                throw new UnsupportedSystemException(
                        "kqueue is not there on " + name, "Leave the poller at auto", null);
        }
    }

    /**
     * Returns the libraries of its functions, the first that has one first. Not found out by asking for kevent(2): a
     * process that has loaded libkqueue once, for an earlier class loader, would seem to have it in its libc.
     */
    String[] libraries() {
        return this == LINUX ? new String[] {"c", "kqueue"} : new String[] {"c"};
    }

    public KeventLayout layout() {
        return layout;
    }

    /** Returns whether {@code EVFILT_USER} is there in all versions, so that a wake needs no pipe. */
    public boolean hasUserEvents() {
        return userEvents;
    }

    /** Returns whether kqueue sees by itself that a descriptor is closed. */
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
