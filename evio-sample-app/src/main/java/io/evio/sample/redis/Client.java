package io.evio.sample.redis;

import io.evio.Connection;
import org.jspecify.annotations.Nullable;

/**
 * The state of a connection from one event to the next. Attached to it, of the loop's thread alone, once there is
 * anything: of most clients there never is, and an idle one takes no memory for it.
 */
final class Client {

    /** By HELLO, back to RESP2 by RESET. */
    Protocol protocol = Protocol.RESP2;

    /** By CLIENT SETNAME or HELLO; null without. */
    byte @Nullable [] name;

    /** By CLIENT SETINFO; null without. */
    byte @Nullable [] libraryName;

    byte @Nullable [] libraryVersion;

    /** While a long command is arriving, how far it was looked at. */
    @Nullable
    LongCommand longCommand;

    /** True when its commands wait for its replies to be sent. */
    boolean waiting;

    private static final Client NOTHING = new Client();

    private Client() {}

    /** Returns what is remembered of it; null while there is nothing. */
    static @Nullable Client known(Connection connection) {
        return connection.attachment();
    }

    /** Returns what is remembered of it, for reading alone. */
    static Client view(Connection connection) {
        Client client = known(connection);
        return client == null ? NOTHING : client;
    }

    /** For remembering something. */
    static Client of(Connection connection) {
        Client client = known(connection);
        if (client == null) {
            client = new Client();
            connection.attach(client);
        }
        return client;
    }
}
