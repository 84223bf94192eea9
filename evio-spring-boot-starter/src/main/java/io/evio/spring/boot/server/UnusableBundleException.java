package io.evio.spring.boot.server;

import org.jspecify.annotations.Nullable;

/** An SSL bundle cannot be used by a server. The message is the reason, part of a sentence without its full stop. */
class UnusableBundleException extends Exception {

    private static final long serialVersionUID = 1L;

    private final String advice;

    /** @param advice what to do, one or more sentences */
    UnusableBundleException(String reason, String advice, @Nullable Throwable cause) {
        super(reason, cause);
        this.advice = advice;
    }

    String advice() {
        return advice;
    }

    String reason() {
        return String.valueOf(getMessage());
    }

    /** Returns what a failure says, and what those that caused it add to that. */
    static String messages(Throwable failure) {
        StringBuilder messages = new StringBuilder(String.valueOf(failure.getMessage()));
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            if (message != null && messages.indexOf(message) < 0) {
                messages.append(": ").append(message);
            }
        }
        return messages.toString();
    }
}
