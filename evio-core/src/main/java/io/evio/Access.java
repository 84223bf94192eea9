package io.evio;

import io.evio.internal.sys.Networks;
import java.util.Arrays;
import java.util.List;

/**
 * The addresses from which a server takes connections. Immutable: each method returns a changed copy. A connection from
 * elsewhere is refused before a byte of it is read. Behind a PROXY header it is the header's address that counts.
 *
 * <p>Lists have networks such as {@code 10.0.0.0/8} or {@code fd00::/8}, single addresses, and {@code unix} for the
 * peers of unix sockets. Names are not looked up.
 *
 * <p>No argument may be null: {@link NullPointerException}.
 */
public final class Access {

    /** Connections from everywhere. */
    public static final Access ALL = new Access(new Networks(List.of()), new Networks(List.of()));

    private final Networks allowed;
    private final Networks denied;

    private Access(Networks allowed, Networks denied) {
        this.allowed = allowed;
        this.denied = denied;
    }

    /**
     * Takes connections from these alone, instead of what an earlier call said; none for everywhere.
     *
     * @throws IllegalArgumentException when one is malformed
     */
    public Access allow(String... networks) {
        return allow(Arrays.asList(networks));
    }

    /**
     * Takes connections from these alone; see {@link #allow(String...)}.
     *
     * @throws IllegalArgumentException when one is malformed
     */
    public Access allow(List<String> networks) {
        return new Access(new Networks(networks), denied);
    }

    /**
     * Takes no connections from these, even if they are allowed, instead of what an earlier call said.
     *
     * @throws IllegalArgumentException when one is malformed
     */
    public Access deny(String... networks) {
        return deny(Arrays.asList(networks));
    }

    /**
     * Takes no connections from these; see {@link #deny(String...)}.
     *
     * @throws IllegalArgumentException when one is malformed
     */
    public Access deny(List<String> networks) {
        return new Access(allowed, new Networks(networks));
    }

    /** Returns what is allowed, as it was written; empty for everything. */
    public List<String> allowed() {
        return allowed.texts();
    }

    /** Returns what is denied, as it was written. */
    public List<String> denied() {
        return denied.texts();
    }

    Networks allowedNetworks() {
        return allowed;
    }

    Networks deniedNetworks() {
        return denied;
    }

    boolean isForAll() {
        return allowed.isEmpty() && denied.isEmpty();
    }

    @Override
    public String toString() {
        return "Access[allow=" + allowed + ", deny=" + denied + "]";
    }
}
