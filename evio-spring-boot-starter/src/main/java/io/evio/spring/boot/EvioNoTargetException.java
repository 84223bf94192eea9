package io.evio.spring.boot;

import java.io.IOException;

/**
 * No target of an {@link EvioUpstream} was tried, because each is down or has as many connections as it may have. Among
 * the causes that {@link io.evio.EvioHandler#closed} gets; when a target was tried and not reached, another
 * {@link IOException} is.
 */
public final class EvioNoTargetException extends IOException {

    private static final long serialVersionUID = 1;

    public EvioNoTargetException(String message) {
        super(message);
    }
}
