package io.evio.internal.loop;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The printable form of texts that can hold a peer's bytes, as the message of an exception does that a handler makes of
 * bad input: a line end would forge a line of the log, an escape character would act on the terminal of who reads it,
 * and a megabyte would bury the rest.
 */
public final class Printable {

    private static final int LONGEST = 1000;

    /** Of causes and suppressed exceptions. */
    private static final int DEEPEST = 16;

    private Printable() {}

    /** The text with every control character escaped, and cut where it is too long. */
    public static String text(String text) {
        if (isClean(text)) {
            return text;
        }
        int end = Math.min(text.length(), LONGEST);
        StringBuilder printable = new StringBuilder(end + 16);
        for (int i = 0; i < end; i++) {
            char c = text.charAt(i);
            switch (c) {
                case '\n' -> printable.append("\\n");
                case '\r' -> printable.append("\\r");
                case '\t' -> printable.append("\\t");
                default -> {
                    if (isPrintable(c)) {
                        printable.append(c);
                    } else {
                        printable.append("\\u").append(Integer.toHexString(0x10000 | c), 1, 5);
                    }
                }
            }
        }
        if (end < text.length()) {
            printable.append("... (").append(text.length() - end).append(" more characters)");
        }
        return printable.toString();
    }

    /** Class and message of the throwable; never throws, whatever that does. */
    public static String description(Throwable thrown) {
        try {
            return text(String.valueOf(thrown));
        } catch (Throwable t) {
            return thrown.getClass().getName() + " (whose message cannot be had)";
        }
    }

    /** Returns whether the throwable may be logged as it is, with its causes and what it has suppressed. */
    static boolean isClean(Throwable thrown) {
        return isClean(thrown, Collections.newSetFromMap(new IdentityHashMap<>()), 0);
    }

    /**
     * The stack trace as text, for a throwable that is not {@linkplain #isClean clean}: as it is usually printed, but
     * each message escaped. No other throwable can stand in for it, because a log shows the class.
     */
    static String trace(Throwable thrown) {
        StringBuilder trace = new StringBuilder();
        trace(thrown, "", "", 0, trace);
        return trace.toString();
    }

    private static void trace(Throwable thrown, String caption, String indent, int depth, StringBuilder trace) {
        trace.append(indent).append(caption).append(description(thrown));
        for (StackTraceElement call : thrown.getStackTrace()) {
            trace.append(System.lineSeparator()).append(indent).append("\tat ").append(call);
        }
        if (depth < DEEPEST) {
            for (Throwable suppressed : thrown.getSuppressed()) {
                trace.append(System.lineSeparator());
                trace(suppressed, "Suppressed: ", indent + "\t", depth + 1, trace);
            }
            Throwable cause = cause(thrown);
            if (cause != null) {
                trace.append(System.lineSeparator());
                trace(cause, "Caused by: ", indent, depth + 1, trace);
            }
        }
    }

    private static boolean isClean(Throwable thrown, Set<Throwable> seen, int depth) {
        if (!seen.add(thrown)) {
            return true;
        }
        try {
            if (depth > DEEPEST || !isClean(String.valueOf(thrown)) || !isClean(String.valueOf(thrown.getMessage()))) {
                return false;
            }
            for (Throwable suppressed : thrown.getSuppressed()) {
                if (!isClean(suppressed, seen, depth + 1)) {
                    return false;
                }
            }
            Throwable cause = thrown.getCause();
            return cause == null || isClean(cause, seen, depth + 1);
        } catch (Throwable t) {
            return false;
        }
    }

    private static @Nullable Throwable cause(Throwable thrown) {
        try {
            return thrown.getCause();
        } catch (Throwable t) {
            return null;
        }
    }

    private static boolean isClean(String text) {
        return text.length() <= LONGEST && text.chars().allMatch(c -> isPrintable((char) c));
    }

    /**
     * Not: controls of ASCII and Latin-1, line and paragraph separators, and what turns the direction of text around.
     */
    private static boolean isPrintable(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
