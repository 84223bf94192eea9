package io.evio.internal.proxy;

/** What is wrong with a header, for people. */
final class HeaderException extends Exception {

    private static final long serialVersionUID = 1L;

    HeaderException(String message) {
        super(message, null, false, false);
    }
}
