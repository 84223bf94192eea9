package io.evio.sample.proxy;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.Output;
import io.evio.Tick;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.HttpLimits;
import io.evio.sample.http.Refused;
import io.evio.sample.http.Status;
import io.evio.sample.proxy.ClientConnection.State;
import io.evio.spring.boot.EvioUpstream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The clients' side of the proxy: reads requests, one after the other, and passes them on as they come. What follows a
 * request is left unread until that is answered.
 *
 * <p>Everything here belongs to the loop's thread, so one reader of heads and one pool serve all connections without a
 * lock.
 */
class ProxyHandler implements EvioHandler {

    /** Above this many bytes of further requests a client is not read until its current one is answered. */
    private static final int ENOUGH_AHEAD = 64 * 1024;

    private final HttpLimits limits;
    private final TrustedProxies trusted;
    private final Exchanges exchanges;
    private final RequestReader heads;
    private final FieldReader trailers = new FieldReader();

    ProxyHandler(EvioUpstream upstream, ProxyProperties properties, TrustedProxies trusted, AccessLog accessLog) {
        HttpLimits defaults = HttpLimits.DEFAULTS;
        this.limits = new HttpLimits(
                defaults.requestLine(),
                defaults.fields(),
                defaults.fieldCount(),
                properties.maxBody().toBytes(),
                0,
                properties.headTimeout(),
                properties.bodyTimeout());
        this.trusted = trusted;
        this.heads = new RequestReader(limits);
        this.exchanges = new Exchanges(upstream, properties, limits, accessLog);
    }

    @Override
    public Action serving(EvioServer server) {
        exchanges.serving(server);
        return Action.NONE;
    }

    /** Sets the date, and ends what has taken too long. */
    @Override
    public Tick tick() {
        Duration delay = exchanges.tick();
        return Tick.after(delay);
    }

    @Override
    public Action opened(Connection connection, Output out) {
        connection.allowHalfOpen(true);
        ClientConnection client = new ClientConnection(connection, Peer.of(connection, trusted), limits);
        connection.attach(client);
        exchanges.opened(client);
        return Action.NONE;
    }

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        ClientConnection client = client(connection);
        client.hasUnread = false;
        switch (client.state) {
            case HEAD, BODY -> {
                if (client.state == State.HEAD || !passOnWhole(client, in)) {
                    read(client, in);
                }
                return settle(client, in);
            }
            case ANSWER -> {
                return settle(client, in);
            }
            case TUNNEL -> {
                return Action.NONE;
            }
            case ENDING -> in.position(in.limit());
        }
        return Action.NONE;
    }

    /** Passes a part of a body on from where it lies, when that is all that there is. */
    private boolean passOnWhole(ClientConnection client, ByteBuffer in) {
        OriginConnection origin = client.origin;
        int count = in.remaining();
        if (origin == null || origin.isHeld() || count == 0 || client.body.ahead() < count) {
            return false;
        }
        exchanges.progress(client);
        origin.connection().output().write(in);
        origin.sentUnkept();
        if (client.body.pass(count)) {
            exchanges.requestComplete(client);
        }
        return true;
    }

    private void read(ClientConnection client, ByteBuffer in) {
        client.position = 0;
        int available = in.remaining();
        try {
            byte[] bytes = client.connection.unread(in);
            while (goOn(client, bytes, available)) {
                // With the body, or with the next request when this one was answered without a target.
            }
            in.position(in.position() + client.position);
        } catch (Refused refused) {
            in.position(in.limit());
            exchanges.refuse(client, refused.status(), refused.reason(), false);
        }
    }

    private boolean goOn(ClientConnection client, byte[] bytes, int available) throws Refused {
        if (client.state == State.HEAD && client.position < available) {
            boolean complete = heads.read(bytes, client.position, available, client.request);
            client.position = heads.position();
            if (complete) {
                exchanges.begin(client, bytes, heads.start(), client.position);
            }
            return complete;
        }
        if (client.state == State.BODY) {
            if (client.position < available) {
                exchanges.progress(client);
            }
            boolean complete =
                    client.body.read(bytes, client.position, available, trailers, exchanges.requestBody(client));
            client.position = client.body.position();
            if (complete) {
                exchanges.requestComplete(client);
            }
            return complete;
        }
        return false;
    }

    /** Sees to what is waited for next. */
    private Action settle(ClientConnection client, ByteBuffer in) {
        Connection connection = client.connection;
        client.hasUnread = in.hasRemaining();
        switch (client.state) {
            case HEAD -> {
                if (connection.isInputEnded()) {
                    return Action.CLOSE;
                }
                if (client.hasUnread && !client.inHead) {
                    exchanges.headBegins(client);
                }
            }
            case BODY -> {
                if (connection.isInputEnded()) {
                    exchanges.refuse(client, Status.BAD_REQUEST, "the body is cut off", false);
                } else {
                    exchanges.throttle(client);
                }
            }
            case ANSWER -> {
                if (in.remaining() > ENOUGH_AHEAD && !client.isPaused) {
                    client.isPaused = true;
                    connection.pauseReading();
                }
            }
            case TUNNEL -> {
                // What is unread goes to the target.
            }
            case ENDING -> in.position(in.limit());
        }
        return Action.NONE;
    }

    @Override
    public Action postwrite(Connection connection, int amount, int remaining) {
        if (amount > 0) {
            exchanges.progress(client(connection));
        }
        return Action.NONE;
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        exchanges.closed(client(connection));
        return Action.NONE;
    }

    private static ClientConnection client(Connection connection) {
        ClientConnection client = connection.attachment();
        return Objects.requireNonNull(client, "attached in opened");
    }
}
