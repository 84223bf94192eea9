package io.evio.internal.loop;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What may be logged of texts that can hold a peer's bytes, as the message of an exception does that a handler makes of
 * bad input: a line end would forge a line of the log, an escape character would act on the terminal of who reads it, and
 * a megabyte would bury the rest.
 */
public final class Printable {

    private static final int LONGEST = 1000;

    /** Of causes and suppressed exceptions. */
    private static final int DEEPEST = 16;

    /** Stands in for a throwable whose message may not be logged as it is; same stack, same causes. */
    private static final class Escaped extends Throwable {

        private static final long serialVersionUID = 1L;

        Escaped(String description, StackTraceElement[] stack) {
            super(description);
            setStackTrace(stack);
        }
    }

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

    /** What to log for the throwable: itself, unless its message, or one of its causes', is not to be printed. */
    static Throwable throwable(Throwable thrown) {
        Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        return isClean(thrown, seen, 0) ? thrown : escaped(thrown, 0);
    }

    private static Throwable escaped(Throwable thrown, int depth) {
        Escaped result = new Escaped(description(thrown), thrown.getStackTrace());
        if (depth < DEEPEST) {
            Throwable cause = cause(thrown);
            if (cause != null) {
                result.initCause(escaped(cause, depth + 1));
            }
            for (Throwable suppressed : thrown.getSuppressed()) {
                result.addSuppressed(escaped(suppressed, depth + 1));
            }
        }
        return result;
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

    /** Not: controls of ASCII and Latin-1, line and paragraph separators, and what turns the direction of text around. */
    private static boolean isPrintable(char c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
