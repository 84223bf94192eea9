package io.evio.examples;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.Output;
import java.io.IOException;
import java.nio.ByteBuffer;

/** An echo server without Spring. It ends when a client sends a line that starts with "bye". */
public class Echo implements EvioHandler {

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        boolean bye = in.remaining() >= 3 && in.get(0) == 'b' && in.get(1) == 'y' && in.get(2) == 'e';
        out.write(in);
        return bye ? Action.SHUTDOWN : Action.NONE;
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new Echo(), addresses);
    }
}
