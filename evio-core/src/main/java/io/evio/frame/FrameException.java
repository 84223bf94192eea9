package io.evio.frame;

/**
 * The peer's bytes are not a frame of its protocol. The message says why, in ASCII on one line, fit for a reply or a
 * log.
 *
 * <p>A handler may catch it to answer and return {@code CLOSE}. Thrown out of an event, it closes the connection. It
 * has no stack trace: the mistake is the peer's, and a peer that makes many of them must not cost much.
 */
public sealed class FrameException extends RuntimeException permits FrameTooLongException {

    private static final long serialVersionUID = 1L;

    FrameException(String message) {
        super(message, null, false, false);
    }
}
