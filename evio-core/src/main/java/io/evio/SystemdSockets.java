package io.evio;

import io.evio.internal.sys.HandedOverSocket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sockets that systemd has handed over, by their names: its variables of sd_listen_fds(3). */
final class SystemdSockets {

    private static final String START = "Start the service by its .socket unit, as with systemctl start name.socket";

    private SystemdSockets() {}

    /**
     * Returns the socket of the address's name.
     *
     * @throws EvioBindException when there is none, or more than one
     */
    static HandedOverSocket find(Address address, Map<String, String> environment, long pid) throws EvioBindException {
        String name = address.path();
        int count = number(environment.get("LISTEN_FDS"));
        if (count < 1) {
            throw failure(address, "systemd has handed over no sockets: LISTEN_FDS is not set", START);
        }
        String owner = environment.getOrDefault("LISTEN_PID", "");
        if (!owner.equals(String.valueOf(pid))) {
            throw failure(
                    address,
                    "the sockets are for another process: LISTEN_PID is '" + owner + "', and this one is " + pid,
                    "Have a script that starts java end with exec java, so that it becomes that process");
        }
        List<String> names = names(environment.get("LISTEN_FDNAMES"), count);
        int first = names.indexOf(name);
        if (first < 0) {
            throw failure(
                    address,
                    "none of the sockets that systemd has handed over has this name; theirs are "
                            + String.join(", ", names),
                    "Set FileDescriptorName=" + name + " in the .socket unit");
        }
        if (names.lastIndexOf(name) != first) {
            throw failure(
                    address,
                    "several of the sockets that systemd has handed over have this name",
                    "Give each a .socket unit with a FileDescriptorName of its own, or use their descriptors, as in"
                            + " fd://"
                            + (HandedOverSocket.FIRST + first));
        }
        return new HandedOverSocket(HandedOverSocket.FIRST + first, count);
    }

    private static int number(@Nullable String digits) {
        return digits != null && digits.matches("[0-9]{1,4}") ? Integer.parseInt(digits) : 0;
    }

    private static List<String> names(@Nullable String joined, int count) {
        List<String> names = new ArrayList<>(joined == null ? List.of() : Arrays.asList(joined.split(":", -1)));
        while (names.size() < count) {
            names.add("unknown");
        }
        return names.subList(0, count);
    }

    private static EvioBindException failure(Address address, String reason, String advice) {
        return new EvioBindException(address.toString(), null, reason, advice, null);
    }
}
