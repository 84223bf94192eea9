package io.evio.sample.http;

import io.evio.EvioHandler;
import io.evio.EvioHandlerFactory;
import io.evio.OffLoop;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.stereotype.Component;

/**
 * A handler for each loop of the server, so that none needs a lock; they share the chat and what they tell of their
 * work.
 */
@Component("http")
class HttpHandlers implements EvioHandlerFactory, AutoCloseable {

    private final OffLoop offLoop;
    private final HttpLimits limits;
    private final Chat chat = new Chat();
    private final ServerStatus status = new ServerStatus();

    @Autowired
    HttpHandlers(OffLoop offLoop) {
        this(offLoop, HttpLimits.DEFAULTS);
    }

    HttpHandlers(OffLoop offLoop, HttpLimits limits) {
        this.offLoop = offLoop;
        this.limits = limits;
    }

    @Override
    public EvioHandler create(int loop) {
        return new HttpHandler(offLoop, limits, chat, status);
    }

    /** Ends the chat, whose connections are no longer the server's. */
    @Override
    public void close() {
        chat.close();
    }
}
