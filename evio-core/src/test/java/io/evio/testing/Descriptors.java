package io.evio.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Address;
import io.evio.EvioServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The descriptors of this JVM, as proc(5) shows them. */
public final class Descriptors {

    /** {@code O_NONBLOCK} and {@code O_CLOEXEC}, octal as in fdinfo. */
    public static final int NON_BLOCKING = 04000;

    public static final int CLOSE_ON_EXEC = 02000000;

    private static final Path SELF = Path.of("/proc/self/fd");

    static {
        // The JDK opens a few for itself at its first close and its first unix socket: they are not the server's.
        try {
            SocketChannel.open().close();
            SocketChannel.open(StandardProtocolFamily.UNIX).close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Descriptors() {}

    /** Every open descriptor with what it is, such as {@code socket:[4711]} or {@code anon_inode:[eventpoll]}. */
    public static Map<Integer, String> open() {
        try (Stream<Path> links = Files.list(SELF)) {
            Map<Integer, String> found = new TreeMap<>();
            for (Path link : links.toList()) {
                String target = target(link);
                // The one that lists the directory is gone by now, or will be.
                if (target != null
                        && !target.equals("/proc/" + ProcessHandle.current().pid() + "/fd")) {
                    found.put(Integer.valueOf(link.getFileName().toString()), target);
                }
            }
            return found;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String target(Path link) throws IOException {
        try {
            return Files.readSymbolicLink(link).toString();
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Sockets, epolls and eventfds: what a server opens. */
    public static int countOfServers() {
        return (int) open().values().stream()
                .filter(target -> target.startsWith("socket:") || target.startsWith("anon_inode:[event"))
                .count();
    }

    /**
     * Waits until there are as many of a server as before, or fewer: what is left of an earlier test may have been
     * counted before, because libkqueue, and channels with a thread in them, close a moment later.
     */
    public static void areAtMost(int before) {
        Eventually.holds(() -> assertThat(countOfServers()).as("descriptors").isLessThanOrEqualTo(before));
    }

    public static long countOfSockets() {
        return open().values().stream()
                .filter(target -> target.startsWith("socket:"))
                .count();
    }

    /** The file status flags of a descriptor. */
    public static int flags(int descriptor) {
        return lines(Path.of("/proc/self/fdinfo/" + descriptor))
                .filter(line -> line.startsWith("flags:"))
                .mapToInt(line -> Integer.parseInt(line.substring(6).strip(), 8))
                .findFirst()
                .orElseThrow();
    }

    /** The server's side of its one open connection. */
    public static int accepted(EvioServer server) {
        Address address = server.addresses().get(0);
        Set<Integer> found = address.isUnix() ? acceptedOnPath(address.path()) : acceptedOnPort(address.port());
        return only(found, "connections of " + address);
    }

    private static int only(Set<Integer> found, String what) {
        if (found.size() != 1) {
            throw new IllegalStateException("There are " + found.size() + " " + what);
        }
        return found.iterator().next();
    }

    /** Our side of the one open connection to this port. */
    public static int connectedTo(int port) {
        return only(connected(2, port), "connections to port " + port);
    }

    /** Connected, with this port of their own. */
    private static Set<Integer> acceptedOnPort(int port) {
        return connected(1, port);
    }

    /** @param column of the table in which the port is: 1 for the local one, 2 for the peer's */
    private static Set<Integer> connected(int column, int port) {
        String suffix = String.format(":%04X", port);
        return withInode(Stream.of("/proc/net/tcp", "/proc/net/tcp6")
                .flatMap(table -> lines(Path.of(table)))
                // Before they are split: nearly all of the thousands of lines are of other sockets.
                .filter(line -> line.contains(suffix))
                .map(line -> line.strip().split("\\s+"))
                .filter(field -> field[column].endsWith(suffix) && field[3].equals("01"))
                .map(field -> field[9])
                .collect(Collectors.toSet()));
    }

    /** Connected, with the path that only the server's side bears. */
    private static Set<Integer> acceptedOnPath(String path) {
        return withInode(lines(Path.of("/proc/net/unix"))
                .map(line -> line.strip().split("\\s+"))
                .filter(field -> field.length > 7 && field[7].equals(path) && field[5].equals("03"))
                .map(field -> field[6])
                .collect(Collectors.toSet()));
    }

    private static Set<Integer> withInode(Set<String> inodes) {
        Set<Integer> found = new TreeSet<>();
        open().forEach((descriptor, target) -> {
            if (target.startsWith("socket:[") && inodes.contains(target.substring(8, target.length() - 1))) {
                found.add(descriptor);
            }
        });
        return found;
    }

    private static Stream<String> lines(Path file) {
        try {
            return List.copyOf(Files.readAllLines(file)).stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
