package io.evio;

import io.evio.internal.loop.Printable;
import io.evio.internal.net.Connector;
import io.evio.internal.net.Destination;
import io.evio.internal.stream.Stream;
import io.evio.internal.tls.HandshakeTasks;
import io.evio.internal.tls.TlsLoop;
import io.evio.internal.tls.TlsSettings;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Makes one outbound connection to the first of its targets that can be reached. On the loop's thread. */
final class Dialer implements Stream.Redial {

    private final TargetChooser targets;
    private final Connector connector;
    private final TlsLoop tls;
    private final @Nullable HandshakeTasks tasks;
    private final String server;
    private final @Nullable SocketAddress client;
    private final @Nullable SocketAddress clientTarget;

    /**
     * @param tls what the loop's TLS connections share
     * @param tasks where the slow work of TLS handshakes is done; null to do it on the loop
     * @param server the server's name
     * @param client whose connection it is made for, and where that connected to; null when it is the server's own
     */
    Dialer(
            TargetChooser targets,
            Connector connector,
            TlsLoop tls,
            @Nullable HandshakeTasks tasks,
            String server,
            @Nullable SocketAddress client,
            @Nullable SocketAddress clientTarget) {
        this.targets = targets;
        this.connector = connector;
        this.tls = tls;
        this.tasks = tasks;
        this.server = server;
        this.client = client;
        this.clientTarget = clientTarget;
    }

    /** Begins with the first target. The stream is told in a later turn how that went. */
    void begin(Stream stream) {
        IOException nowhere = dial(stream, null);
        if (nowhere != null) {
            connector.refuse(stream, nowhere);
        }
    }

    @Override
    public @Nullable IOException again(Stream stream, IOException failure) {
        return dial(stream, failure);
    }

    private @Nullable IOException dial(Stream stream, @Nullable IOException failure) {
        Target target;
        try {
            target = targets.next(failure);
        } catch (IOException e) {
            return e;
        } catch (RuntimeException | Error e) {
            return new IOException("The choice of a target threw: " + Printable.description(e), e);
        }
        Destination to = target.destination();
        TlsSettings settings = target.tlsSettings(tasks);
        stream.goesTo(
                to.known(),
                settings == null ? null : tls.layers(settings),
                target.preface(client, clientTarget),
                to.timeoutNanos(),
                target.config(server));
        connector.connect(stream, to);
        return null;
    }
}
