package io.evio.examples;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.Tick;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Sends the time to every connection, each second. A client that does not read misses some, and costs no memory. */
public class Clock implements EvioHandler {

    private static final int SECOND = 1000;

    private final Set<Connection> clients = new HashSet<>();

    @Override
    public Tick tick() {
        Instant now = Instant.now();
        byte[] line = (now + "\n").getBytes(StandardCharsets.US_ASCII);
        for (Connection client : clients) {
            if (client.pendingOutput() == 0) {
                client.send(line);
            }
        }
        // At the next full second, so that the delays do not add up.
        return Tick.after(Duration.ofMillis(SECOND - now.toEpochMilli() % SECOND));
    }

    @Override
    public Action opened(Connection connection, Output out) {
        clients.add(connection);
        return Action.NONE;
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        clients.remove(connection);
        return Action.NONE;
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new Clock(), addresses);
    }
}
