package io.evio.sample.echo;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import java.nio.ByteBuffer;
import org.springframework.stereotype.Component;

/** Every byte comes back. */
@Component("echo")
class EchoHandler implements EvioHandler {

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        out.write(in);
        return Action.NONE;
    }
}
