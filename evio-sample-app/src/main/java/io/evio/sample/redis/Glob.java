package io.evio.sample.redis;

/**
 * Patterns as redis-server has them: {@code *}, {@code ?}, {@code [a-z]}, {@code [^a]} and a backslash before any of
 * these.
 */
final class Glob {

    private final String pattern;
    private final String text;

    private Glob(String pattern, String text) {
        this.pattern = pattern;
        this.text = text;
    }

    /** Returns whether the pattern is the whole text, in either case. */
    static boolean matches(String pattern, String text) {
        return new Glob(pattern, text).matches();
    }

    /**
     * Goes back to the last star alone, which then takes one character more: so the time is at most pattern times text.
     */
    private boolean matches() {
        int p = 0;
        int t = 0;
        int star = -1;
        int resume = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '*') {
                star = ++p;
                resume = t;
            } else if (p < pattern.length() && one(p, text.charAt(t))) {
                p = end(p);
                t++;
            } else if (star >= 0) {
                p = star;
                t = ++resume;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '*') {
            p++;
        }
        return p >= pattern.length();
    }

    /** Returns whether the element of the pattern at {@code p} is the character. */
    private boolean one(int p, char c) {
        return switch (pattern.charAt(p)) {
            case '?' -> true;
            case '[' -> set(p, c);
            case '\\' -> same(pattern.charAt(p + 1 < pattern.length() ? p + 1 : p), c);
            default -> same(pattern.charAt(p), c);
        };
    }

    /** The index behind the element of the pattern at {@code p}. A set that is not closed goes to the end. */
    private int end(int p) {
        if (pattern.charAt(p) == '\\') {
            return p + (p + 1 < pattern.length() ? 2 : 1);
        }
        if (pattern.charAt(p) != '[') {
            return p + 1;
        }
        int i = isNegated(p) ? p + 2 : p + 1;
        while (i < pattern.length() && pattern.charAt(i) != ']') {
            boolean escaped = pattern.charAt(i) == '\\' && i + 1 < pattern.length();
            i += escaped ? 2 : isRange(i) ? 3 : 1;
        }
        return i + 1;
    }

    private boolean set(int p, char c) {
        boolean negated = isNegated(p);
        int i = negated ? p + 2 : p + 1;
        boolean found = false;
        while (i < pattern.length() && pattern.charAt(i) != ']') {
            char first = pattern.charAt(i);
            if (first == '\\' && i + 1 < pattern.length()) {
                // As the original has it: what is escaped in a set is compared as it is written.
                found |= pattern.charAt(i + 1) == c;
                i += 2;
            } else if (isRange(i)) {
                found |= between(first, c, pattern.charAt(i + 2));
                i += 3;
            } else {
                found |= same(first, c);
                i++;
            }
        }
        return found != negated;
    }

    /** Returns whether the set that begins there is of all other characters. */
    private boolean isNegated(int p) {
        return p + 1 < pattern.length() && pattern.charAt(p + 1) == '^';
    }

    /** Returns whether a range such as {@code a-z} begins there; its end may be a closing bracket. */
    private boolean isRange(int i) {
        return i + 2 < pattern.length() && pattern.charAt(i + 1) == '-';
    }

    /** As the original has it: the ends are put in order as they are written, and then taken in lower case. */
    private static boolean between(char one, char c, char other) {
        int low = Character.toLowerCase((char) Math.min(one, other));
        int high = Character.toLowerCase((char) Math.max(one, other));
        return low <= c && c <= high;
    }

    /** The text is in lower case. */
    private static boolean same(char pattern, char text) {
        return Character.toLowerCase(pattern) == text;
    }
}
