package io.evio.sample.http;

import io.evio.EvioServer;
import io.evio.EvioStats;
import org.jspecify.annotations.Nullable;

/** What the server has to do just now, for whoever looks after it. Belongs to the loop's thread. */
final class ServerStatus {

    private @Nullable EvioServer server;
    private long requests;
    private int writing;

    /** The server has begun, maybe anew: none of its connections is there yet. */
    void serves(EvioServer started) {
        server = started;
        writing = 0;
    }

    void hasRequest() {
        requests++;
    }

    /** A client's replies are on their way from here on, or are all out. */
    void isWriting(HttpConnection client, boolean now) {
        if (client.isWriting != now) {
            client.isWriting = now;
            writing += now ? 1 : -1;
        }
    }

    /** In lines of ASCII. */
    String text() {
        if (server == null) {
            throw new IllegalStateException("no request comes before serving");
        }
        EvioStats stats = server.stats();
        return "connections " + stats.connectionsActive()
                + "\naccepted " + stats.connectionsOpened()
                + "\nrequests " + requests
                + "\nwriting " + writing
                + "\nunsent " + stats.writePending()
                + "\n";
    }
}
