package io.evio.sample.http;

import io.evio.EvioServer;
import io.evio.EvioStats;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The work that the server has at the moment, for its operators. Told by the handlers of all its loops. */
final class ServerStatus {

    private final LongAdder requests = new LongAdder();
    private final LongAdder writing = new LongAdder();
    private final BooleanSupplier ready;
    private volatile @Nullable EvioServer server;

    /** @param ready whether the application takes traffic; asked on any loop's thread */
    ServerStatus(BooleanSupplier ready) {
        this.ready = ready;
    }

    boolean isReady() {
        return ready.getAsBoolean();
    }

    void serves(EvioServer started) {
        server = started;
    }

    void hasRequest() {
        requests.increment();
    }

    /** A client's replies are on their way from here on, or are all out. */
    void isWriting(HttpConnection client, boolean now) {
        if (client.isWriting != now) {
            client.isWriting = now;
            writing.add(now ? 1 : -1);
        }
    }

    /** In lines of ASCII. */
    String text() {
        EvioStats stats = Objects.requireNonNull(server, "told in serving").stats();
        return "connections " + stats.connectionsActive()
                + "\naccepted " + stats.connectionsOpened()
                + "\nrequests " + requests.sum()
                + "\nwriting " + writing.sum()
                + "\nunsent " + stats.writePending()
                + "\n";
    }
}
