package io.evio.spring.boot.server;

import io.evio.Address;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.springframework.util.FileSystemUtils;

/**
 * Puts servers where no other process is, when {@code evio.test.random-addresses} asks for it: on free ports, and on
 * unix sockets in a temporary folder, which goes with the context.
 */
public final class EvioTestAddresses implements AutoCloseable {

    private final boolean wanted;
    private @Nullable Path folder;
    private int sockets;

    public EvioTestAddresses(boolean wanted) {
        this.wanted = wanted;
    }

    /** Returns the addresses that a server gets for these; those that are malformed stay, to be refused as written. */
    synchronized List<String> of(List<String> addresses) {
        return wanted ? addresses.stream().map(this::of).toList() : addresses;
    }

    private String of(String written) {
        Address address;
        try {
            address = Address.parse(written);
        } catch (IllegalArgumentException e) {
            return written;
        }
        if (address.isAbstract()) {
            return "unix://@evio-" + UUID.randomUUID();
        }
        if (address.isUnix()) {
            return "unix://" + folder().resolve(++sockets + ".sock");
        }
        return new Address(address.scheme(), address.host(), 0, "").toString();
    }

    /** Short, because a unix socket's path takes at most 107 bytes. */
    private Path folder() {
        Path made = folder;
        if (made == null) {
            try {
                made = Files.createTempDirectory("evio-");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            folder = made;
        }
        return made;
    }

    @Override
    public synchronized void close() throws IOException {
        if (folder != null) {
            FileSystemUtils.deleteRecursively(folder);
        }
    }
}
