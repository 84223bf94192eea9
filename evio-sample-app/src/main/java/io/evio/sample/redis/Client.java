package io.evio.sample.redis;

import io.evio.Connection;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What is known of a connection and its commands. Attached to it, of the loop's thread alone. */
final class Client {

    final Connection connection;

    private final long openedAt = System.nanoTime();

    /** By CLIENT SETNAME; null without. */
    byte @Nullable [] name;

    /** By CLIENT SETINFO; null without. */
    byte @Nullable [] libraryName;

    byte @Nullable [] libraryVersion;

    /** While a long command is arriving, how far it was looked at. */
    @Nullable
    LongCommand longCommand;

    /** Whether its commands wait for its replies to be sent. */
    boolean waiting;

    Client(Connection connection) {
        this.connection = connection;
    }

    Duration age() {
        return Duration.ofNanos(System.nanoTime() - openedAt);
    }
}
