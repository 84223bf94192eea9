package io.evio.internal.net;

import io.evio.internal.loop.EventLoop;
import io.evio.internal.stream.Stream;
import io.evio.internal.stream.Streams;
import io.evio.internal.sys.ListenOptions;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;

/** Makes the outbound connections of one loop. On the loop's thread. */
public final class Connector {

    private final EventLoop loop;
    private final ListenOptions options;
    private final Executor names;
    private final Set<Connecting> underWay = new LinkedHashSet<>();

    /**
     * @param options those of the sockets it makes
     * @param names looks names up
     */
    public Connector(Streams streams, ListenOptions options, Executor names) {
        this.loop = streams.loop();
        this.options = options;
        this.names = names;
        streams.onEnd(this::end);
    }

    /** Begins to connect; the stream is told in a later turn how that went. */
    public void connect(Stream stream, Destination to) {
        Connecting connecting = new Connecting(this, stream, to);
        underWay.add(connecting);
        stream.dialing(connecting);
        connecting.start();
    }

    /** It is not even tried; the stream is told in a later turn. */
    public void refuse(Stream stream, IOException why) {
        Connecting connecting = new Connecting(this, stream, Destination.NOWHERE);
        underWay.add(connecting);
        stream.dialing(connecting);
        connecting.refuse(why);
    }

    EventLoop loop() {
        return loop;
    }

    ListenOptions options() {
        return options;
    }

    Executor names() {
        return names;
    }

    void over(Connecting connecting) {
        underWay.remove(connecting);
    }

    /** The loop is over. */
    private void end() {
        for (Connecting connecting : List.copyOf(underWay)) {
            connecting.fail(new IOException("The server has stopped before " + connecting + " was made"));
        }
    }
}
