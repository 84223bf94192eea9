package io.evio.internal.proxy;

/** A header is wrong; the message says how, for people. */
final class HeaderException extends Exception {

    private static final long serialVersionUID = 1L;

    HeaderException(String message) {
        super(message, null, false, false);
    }
}
