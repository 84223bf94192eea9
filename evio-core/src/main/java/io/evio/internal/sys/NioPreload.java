package io.evio.internal.sys;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;

/**
 * Loads at the start what would be loaded by the first write and the first failure. That may be when descriptors have
 * run out: then the JDK cannot open the pair of sockets that its writing needs once, no class can be read from a
 * folder, and either would end the loop.
 */
final class NioPreload {

    private NioPreload() {}

    static void load() throws IOException {
        Pipe pipe = Pipe.open();
        try (Pipe.SourceChannel source = pipe.source();
                Pipe.SinkChannel sink = pipe.sink()) {
            ByteBuffer one = ByteBuffer.allocate(1);
            sink.write(one);
            source.read(one.flip());
        }
        JavaErrors.errno(new IOException());
    }
}
