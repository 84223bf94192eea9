package io.evio.sample.http;

import io.evio.EvioServer;
import io.evio.OffLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;

/** Our server on a free port, without Spring. */
public final class OurHttp implements AutoCloseable {

    private static final String ANY = "tcp://127.0.0.1:0";

    private final ExecutorService workers = Executors.newCachedThreadPool();
    private final AtomicBoolean ready = new AtomicBoolean(true);
    private final HttpHandlers handlers;
    private final EvioServer server;

    private OurHttp(HttpLimits limits, int loops, String address) throws IOException {
        handlers = new HttpHandlers(new OffLoop(workers), limits, ready::get);
        server = EvioServer.builder()
                .name("http")
                .handlers(handlers)
                .loops(loops)
                .addresses(address)
                .build();
        server.start();
    }

    static OurHttp start() throws IOException {
        return start(HttpLimits.DEFAULTS);
    }

    static OurHttp start(HttpLimits limits) throws IOException {
        return new OurHttp(limits, 1, ANY);
    }

    static OurHttp startWithLoops(int loops) throws IOException {
        return new OurHttp(HttpLimits.DEFAULTS, loops, ANY);
    }

    /** From then on the application refuses traffic. */
    void refuseTraffic() {
        ready.set(false);
    }

    /** Starts it at an address of its own. */
    public static OurHttp startAt(String address) throws IOException {
        return new OurHttp(HttpLimits.DEFAULTS, 1, address);
    }

    public EvioServer server() {
        return server;
    }

    int port() {
        return server.addresses().get(0).port();
    }

    HttpSocket connect() throws IOException {
        return new HttpSocket(port());
    }

    /** Lets requests end for so long. */
    public void stop(Duration grace) {
        server.stop(grace);
        handlers.close();
        workers.shutdownNow();
    }

    @Override
    public void close() {
        server.stop(Duration.ZERO);
        handlers.close();
        workers.shutdownNow();
    }
}
