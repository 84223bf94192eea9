package io.evio.sample.proxy;

import io.evio.sample.http.Ascii;
import io.evio.sample.http.Elements;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.Refused;

/**
 * The fields of a head that are for one connection only, and so are not passed on: RFC 9110, 7.6.1. Those that say how
 * a message is framed belong to them: the next message is framed anew. Used again for every head.
 */
final class HopByHop {

    private static final int MOST_NAMED = 64;

    /** Those that mean something themselves, and so name no field. */
    private static final String[] OPTIONS = {"close", "keep-alive", "upgrade", "te"};

    /** Those that nobody can have removed by naming them: what they say is for the server behind, or is said for it. */
    private static final String[] PROTECTED = {
        "host",
        "content-length",
        "content-type",
        "content-encoding",
        "authorization",
        "cookie",
        "set-cookie",
        "cache-control",
        "date",
        "via",
        "forwarded"
    };

    private static final String FORWARDED = "x-forwarded-";

    private final Elements elements = new Elements();
    private final int[] starts = new int[MOST_NAMED];
    private final int[] ends = new int[MOST_NAMED];
    private int named;

    /** Returns whether a value of Connection names fields. */
    static boolean names(Elements elements) {
        boolean names = false;
        while (elements.advance()) {
            names |= !isOption(elements);
        }
        return names;
    }

    private static boolean isOption(Elements elements) {
        for (String option : OPTIONS) {
            if (elements.is(option)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Begins with the head whose fields are at {@code from}.
     *
     * @param names whether its Connection names fields
     */
    void begin(byte[] bytes, int from, int to, FieldReader field, boolean names) throws Refused {
        named = 0;
        if (!names) {
            return;
        }
        int at = field.line(bytes, from, to);
        while (!field.isLast()) {
            if (field.isNamed("connection")) {
                collect(field);
            }
            at = field.line(bytes, at, to);
        }
    }

    private void collect(FieldReader field) throws Refused {
        elements.of(field);
        while (elements.advance()) {
            if (isOption(elements) || isProtected(field.bytes(), elements.start(), elements.end())) {
                continue;
            }
            if (named == MOST_NAMED) {
                throw Refused.bad("Connection names too many fields");
            }
            starts[named] = elements.start();
            ends[named++] = elements.end();
        }
    }

    private static boolean isProtected(byte[] bytes, int from, int to) {
        for (String name : PROTECTED) {
            if (Ascii.isWord(name, bytes, from, to)) {
                return true;
            }
        }
        int prefix = from + FORWARDED.length();
        return prefix <= to && Ascii.isWord(FORWARDED, bytes, from, prefix);
    }

    /** Returns whether the field goes no further. */
    boolean has(FieldReader field) {
        return isKnown(field) || named > 0 && isNamed(field);
    }

    private static boolean isKnown(FieldReader field) {
        return switch (field.nameLength()) {
            case 2 -> field.isNamed("te");
            case 7 -> field.isNamed("upgrade");
            case 10 -> field.isNamed("connection") || field.isNamed("keep-alive");
            case 14 -> field.isNamed("content-length") || field.isNamed("http2-settings");
            case 16 -> field.isNamed("proxy-connection");
            case 17 -> field.isNamed("transfer-encoding");
            case 18 -> field.isNamed("proxy-authenticate");
            case 19 -> field.isNamed("proxy-authorization");
            case 25 -> field.isNamed("proxy-authentication-info");
            default -> false;
        };
    }

    /** Returns whether the field may be a trailer, and go further: RFC 9110, 6.5.1. */
    static boolean mayTrail(FieldReader field) {
        if (isKnown(field)) {
            return false;
        }
        for (String name : PROTECTED) {
            if (field.isNamed(name)) {
                return false;
            }
        }
        return !field.isNamed("trailer") && !field.isNamed("content-range") && !field.isNamed("www-authenticate");
    }

    private boolean isNamed(FieldReader field) {
        for (int i = 0; i < named; i++) {
            if (Ascii.isSame(field.bytes(), field.nameStart(), field.nameEnd(), starts[i], ends[i])) {
                return true;
            }
        }
        return false;
    }
}
