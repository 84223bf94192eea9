package io.evio.internal.loop;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs failures that can come by the thousand: the first of its kind with its cause, the following ones of a minute as
 * a number with the next that is logged. A kind is where it happened, the exception's class and where it was thrown.
 */
public final class FailureLog {

    private static final Logger LOG = LoggerFactory.getLogger("io.evio");

    private static final long QUIET_NANOS = TimeUnit.MINUTES.toNanos(1);

    /**
     * The kinds per minute that are told apart. The rest are one more kind: varied failures fill neither the log nor
     * the memory.
     */
    private static final int MAX_KINDS = 64;

    private static final String OTHERS = "others";

    private static final class Kind {
        long loggedAt;
        long suppressed;
    }

    static {
        // Loads the classes that are needed now. In a shortage of descriptors, one of the failures to be logged, no
        // class
        // can be read from a folder any more, and its absence would end the loop.
        new FailureLog("").due("", 0);
        Printable.trace(new IOException("\n"));
    }

    private final String server;
    private final Map<String, Kind> kinds = new HashMap<>();

    public FailureLog(String server) {
        this.server = server;
    }

    /** An event threw; {@code where} is the connection, or null. */
    public void handlerThrew(String event, @Nullable Object where, Throwable thrown, long now) {
        StackTraceElement[] stack = thrown.getStackTrace();
        String kind = event + ' ' + thrown.getClass().getName() + ' ' + (stack.length > 0 ? stack[0] : "");
        Kind entry = due(kind, now);
        if (entry != null) {
            String of = where == null
                    ? "; it will be tried again"
                    : " of " + Printable.text(where.toString()) + "; the connection is closed";
            String line = "The handler of Evio '" + server + "' threw in " + event + of + repeated(entry);
            if (Printable.isClean(thrown)) {
                LOG.error(line, thrown);
            } else {
                LOG.error(line + System.lineSeparator() + Printable.trace(thrown));
            }
        }
    }

    /**
     * A connection was closed for a reason that concerns it alone.
     *
     * @param kind of which one line per minute is logged
     * @param ordinary whether that is no cause for a warning
     */
    public void closed(String kind, String why, boolean ordinary, long now) {
        Kind entry = due(kind, now);
        if (entry != null) {
            String line = "Evio '" + server + "': a connection is closed: " + Printable.text(why) + repeated(entry);
            if (ordinary) {
                LOG.info(line);
            } else {
                LOG.warn(line);
            }
        }
    }

    /** Something outside the handler failed; the loop goes on. */
    public void warn(String what, Throwable cause, long now) {
        warn(what, Printable.text(String.valueOf(cause.getMessage())), now);
    }

    /** @param why never a peer's bytes */
    public void warn(String what, String why, long now) {
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
