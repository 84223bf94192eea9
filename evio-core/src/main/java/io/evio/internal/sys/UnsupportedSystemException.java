package io.evio.internal.sys;

import org.jspecify.annotations.Nullable;

/** The calls that are needed cannot be made on this system, or with the settings of this JVM. */
public final class UnsupportedSystemException extends UnsupportedOperationException {

    private static final long serialVersionUID = 1L;

    private final String reason;
    private final String advice;

    public UnsupportedSystemException(String reason, String advice, @Nullable Throwable cause) {
        super(reason + ". " + advice, cause);
        this.reason = reason;
        this.advice = advice;
    }

    /** Returns why, as a sentence without its full stop. */
    public String reason() {
        return reason;
    }

    /** Returns what to do about it, as a sentence without its full stop. */
    public String advice() {
        return advice;
    }
}
