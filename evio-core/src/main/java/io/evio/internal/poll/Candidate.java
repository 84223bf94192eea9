package io.evio.internal.poll;

import io.evio.internal.sys.SystemCallException;
import io.evio.internal.sys.UnsupportedSystemException;
import java.util.List;

/**
 * A poller that may be opened, if this is a system for it.
 *
 * @param name as users write it
 * @param systems the values of {@code os.name} whose own mechanism it is; empty for plain Java, which runs everywhere
 * @param byName further values, where it may work but is taken only by who names it
 * @param opener makes the poller; called only where it may work
 */
record Candidate(String name, List<String> systems, List<String> byName, Opener opener) {

    /** Makes a poller, or says why it cannot. */
    interface Opener {
        Poller open() throws SystemCallException;
    }

    /** Native calls are bound for 64 bits, and of other processors' Linux some constants differ, such as O_NONBLOCK. */
    private static final List<String> PROCESSORS = List.of("amd64", "x86_64", "aarch64", "arm64");

    private static final List<String> OF_32_BITS = List.of("x86", "i386", "i486", "i586", "i686", "arm");

    /** Returns whether it makes native calls, and is the one to have where there is its system. */
    boolean isNative() {
        return !systems.isEmpty();
    }

    /** Returns whether it is among what {@code auto} takes here. */
    boolean isOfThisSystem() {
        return !isNative() || systems.contains(system());
    }

    static String system() {
        return System.getProperty("os.name");
    }

    /**
     * Opens it.
     *
     * @throws UnsupportedSystemException when this system, or this JVM's settings, do not allow it
     * @throws SystemCallException when the system has no descriptors or memory left
     */
    Poller open() throws SystemCallException {
        if (!isOfThisSystem() && !byName.contains(system())) {
            throw refusal(
                    name + " needs " + String.join(" or ", systems) + ", and this is " + system(),
                    "Leave the poller at auto, which takes one that this system has");
        }
        String processor = System.getProperty("os.arch");
        if (isNative() && OF_32_BITS.contains(processor)) {
            throw refusal(
                    name + " needs a JVM of 64 bits, and this one has 32 (" + processor + ")",
                    "Start it with a JVM of 64 bits");
        }
        if (isNative() && !PROCESSORS.contains(processor)) {
            throw refusal(
                    name + " needs a processor of x86-64 or arm64, and this is " + processor, "Run it on one of those");
        }
        return opener.open();
    }

    private static UnsupportedSystemException refusal(String reason, String advice) {
        return new UnsupportedSystemException(reason, advice, null);
    }
}
