package io.evio.sample.http;

import io.evio.EvioHandler;
import io.evio.EvioHandlerFactory;
import io.evio.OffLoop;
import java.util.function.BooleanSupplier;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.availability.ApplicationAvailability;
import org.springframework.boot.availability.ReadinessState;
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
    private final ServerStatus status;

    @Autowired
    HttpHandlers(OffLoop offLoop, ApplicationAvailability availability) {
        this(offLoop, HttpLimits.DEFAULTS, () -> availability.getReadinessState() != ReadinessState.REFUSING_TRAFFIC);
    }

    /** @param ready whether the application takes traffic; asked on any loop's thread */
    HttpHandlers(OffLoop offLoop, HttpLimits limits, BooleanSupplier ready) {
        this.offLoop = offLoop;
        this.limits = limits;
        this.status = new ServerStatus(ready);
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
