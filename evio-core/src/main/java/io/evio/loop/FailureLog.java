package io.evio.loop;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs failures that can come by the thousand: the first of its kind with its cause, the following ones of a minute as a
 * number with the next that is logged. A kind is where it happened, the exception's class and where it was thrown.
 */
final class FailureLog {

    private static final Logger LOG = LoggerFactory.getLogger("io.evio");

    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** What comes beyond so many kinds a minute is one more kind: varied failures fill neither the log nor the memory. */
    private static final int MAX_KINDS = 64;

    private static final String OTHERS = "others";

    private static final class Kind {
        long loggedAt;
        long suppressed;
    }

    static {
        // Loads the classes that are needed now. One of the failures to be logged is a shortage of descriptors, in
        // which no
        // class can be read from a folder any more, and its absence would end the loop.
        new FailureLog("").due("", 0);
        Printable.trace(new LimitException(Limit.IDLE_TIMEOUT, "\n", "", ""));
    }

    private final String server;
    private final Map<String, Kind> kinds = new HashMap<>();

    FailureLog(String server) {
        this.server = server;
    }

    /** An event threw; of the connection, if it has one. */
    void handlerThrew(String event, @Nullable LoopConnection connection, Throwable thrown, long now) {
        StackTraceElement[] stack = thrown.getStackTrace();
        String kind = event + ' ' + thrown.getClass().getName() + ' ' + (stack.length > 0 ? stack[0] : "");
        Kind entry = due(kind, now);
        if (entry != null) {
            String of = connection == null
                    ? "; it will be tried again"
                    : " of " + Printable.text(connection.toString()) + "; the connection is closed";
            String line = "The handler of Evio '" + server + "' threw in " + event + of + repeated(entry);
            if (Printable.isClean(thrown)) {
                LOG.error(line, thrown);
            } else {
                LOG.error(line + System.lineSeparator() + Printable.trace(thrown));
            }
        }
    }

    /** A connection was cut because of a limit. That of silent ones is an ordinary end, and no cause for a warning. */
    void cut(LimitException cause, long now) {
        Kind entry = due(cause.limit().property(), now);
        if (entry != null) {
            String message = Printable.text(String.valueOf(cause.getMessage()));
            String line = "Evio '" + server + "': a connection is closed: " + message + repeated(entry);
            if (cause.limit() == Limit.IDLE_TIMEOUT) {
                LOG.info(line);
            } else {
                LOG.warn(line);
            }
        }
    }

    /** Something outside the handler failed; the loop goes on. */
    void warn(String what, Throwable cause, long now) {
        warn(what, Printable.text(String.valueOf(cause.getMessage())), now);
    }

    /** @param why never a peer's bytes */
    void warn(String what, String why, long now) {
        Kind entry = due(what, now);
        if (entry != null) {
            LOG.warn("Evio '{}': {}: {}{}", server, what, why, repeated(entry));
        }
    }

    private static String repeated(Kind entry) {
        long suppressed = entry.suppressed;
        entry.suppressed = 0;
        return suppressed == 0 ? "" : " (" + suppressed + " more of this kind since the last such line)";
    }

    private @Nullable Kind due(String kind, long now) {
        Kind entry = kinds.get(kind);
        if (entry == null && kinds.size() >= MAX_KINDS) {
            kinds.values().removeIf(old -> now - old.loggedAt >= QUIET_NANOS);
            if (kinds.size() >= MAX_KINDS && !kind.equals(OTHERS)) {
                return due(OTHERS, now);
            }
        }
        if (entry == null) {
            entry = new Kind();
            kinds.put(kind, entry);
        } else if (now - entry.loggedAt < QUIET_NANOS) {
            entry.suppressed++;
            return null;
        }
        entry.loggedAt = now;
        return entry;
    }
}
