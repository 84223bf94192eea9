package io.evio.sample.proxy;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.HttpLimits;
import io.evio.sample.http.Refused;
import io.evio.sample.proxy.ResponseWriter.Framing;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The targets' side of the proxy: reads responses and passes them on as they come. Belongs to the loop's thread, and
 * serves all its connections to targets.
 */
final class OriginHandler implements EvioHandler {

    private final Exchanges exchanges;
    private final ResponseReader heads;
    private final FieldReader trailers = new FieldReader();
    private int position;

    OriginHandler(Exchanges exchanges, HttpLimits limits) {
        this.exchanges = exchanges;
        this.heads = new ResponseReader(limits);
    }

    @Override
    public Action opened(Connection connection, Output out) {
        connection.allowHalfOpen(true);
        return Action.NONE;
    }

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        OriginConnection origin = origin(connection);
        ClientConnection client = origin.client;
        if (client == null) {
            // It is in the pool and has ended, or says what nobody has asked for; or it is not wanted any more.
            exchanges.discard(origin);
            in.position(in.limit());
            return Action.CLOSE;
        }
        if (origin.isHeld()) {
            if (in.hasRemaining() || connection.isInputEnded()) {
                // That is no answer to what was not asked yet, and nothing follows it.
                in.position(in.limit());
                connection.abort();
            } else {
                origin.sendHeld();
            }
            return Action.NONE;
        }
        if (in.hasRemaining()) {
            origin.hasAnswered = true;
            exchanges.progress(client);
            if (!passOnWhole(origin, client, in)) {
                read(origin, client, in);
            }
        }
        if (origin.client != client) {
            return Action.NONE;
        }
        if (client.state != ClientConnection.State.TUNNEL) {
            if (connection.isInputEnded() && !origin.hasAnswered) {
                // The event closed decides about the request: then there is room for another connection.
                connection.abort();
                return Action.NONE;
            }
            if (connection.isInputEnded()) {
                exchanges.ended(origin, client, null);
                return Action.CLOSE;
            }
            if (origin.inBody) {
                exchanges.throttle(origin, client);
            }
        }
        return Action.NONE;
    }

    /** Passes a part of a body on from where it lies, when that is all that there is. */
    private boolean passOnWhole(OriginConnection origin, ClientConnection client, ByteBuffer in) {
        int count = in.remaining();
        if (!origin.inBody || origin.framing == Framing.CHUNKED || origin.body.ahead() < count) {
            return false;
        }
        client.connection.output().write(in);
        if (origin.body.pass(count)) {
            exchanges.answered(origin, client, false);
        }
        return true;
    }

    private void read(OriginConnection origin, ClientConnection client, ByteBuffer in) {
        position = 0;
        int available = in.remaining();
        try {
            byte[] bytes = origin.connection().unread(in);
            while (goOn(origin, client, bytes, available)) {
                // With the head that follows an interim one, or with the body.
            }
            in.position(in.position() + position);
        } catch (Refused refused) {
            in.position(in.limit());
            exchanges.badAnswer(client, refused.reason());
        }
    }

    private boolean goOn(OriginConnection origin, ClientConnection client, byte[] bytes, int available) throws Refused {
        if (!origin.inBody) {
            if (position == available || !heads.read(bytes, position, available, origin.head)) {
                return false;
            }
            position = heads.position();
            return exchanges.answers(origin, client, bytes, heads.start(), position, position < available);
        }
        boolean complete =
                origin.body.read(bytes, position, available, trailers, exchanges.responseBody(origin, client));
        position = origin.body.position();
        if (complete) {
            exchanges.answered(origin, client, position < available);
        }
        return false;
    }

    @Override
    public Action postwrite(Connection connection, int amount, int remaining) {
        OriginConnection origin = origin(connection);
        ClientConnection client = origin.client;
        if (amount > 0 && client != null) {
            origin.taken();
            exchanges.progress(client);
        }
        return Action.NONE;
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        OriginConnection origin = origin(connection);
        ClientConnection client = origin.client;
        if (client == null) {
            exchanges.discarded(origin);
        } else {
            exchanges.ended(origin, client, error);
        }
        return Action.NONE;
    }

    private static OriginConnection origin(Connection connection) {
        OriginConnection origin = connection.attachment();
        return Objects.requireNonNull(origin, "attached when it is begun to be made");
    }
}
