package io.evio.internal.net;

import io.evio.internal.sys.SystemCallException;
import java.io.IOException;

/** Something at the path of a unix socket does not make way for it. */
public final class PathTakenException extends IOException {

    private static final long serialVersionUID = 1L;

    /** The kind of what is there. */
    public enum By {
        /** The socket of a server. */
        LIVE_SOCKET,
        /** A socket without a server, which this user may not remove. */
        STALE_SOCKET,
        /** A socket that this user may not connect to, and so cannot know which of the two it is. */
        UNKNOWN_SOCKET,
        /** A symbolic link, to whatever. */
        LINK,
        /** Anything else. */
        OTHER_FILE
    }

    private final By by;
    private final SystemCallException bind;

    PathTakenException(By by, SystemCallException bind) {
        super(bind.getMessage(), bind);
        this.by = by;
        this.bind = bind;
    }

    /** Returns what is at the path. */
    public By by() {
        return by;
    }

    /** Returns the failure of bind(2). */
    public SystemCallException bind() {
        return bind;
    }
}
