package io.evio.sample.redis;

import org.jspecify.annotations.Nullable;

/** Writes what the two versions of the protocol write differently; {@link Replies} has what is the same in both. */
enum Protocol {
    RESP2(2, "$-1\r\n") {
        @Override
        String map(int entries) {
            return "*" + 2 * entries + "\r\n";
        }

        @Override
        String set(int length) {
            return "*" + length + "\r\n";
        }

        @Override
        String verbatim(String text) {
            return "$" + text.length() + "\r\n" + text + "\r\n";
        }
    },

    RESP3(3, "_\r\n") {
        @Override
        String map(int entries) {
            return "%" + entries + "\r\n";
        }

        @Override
        String set(int length) {
            return "~" + length + "\r\n";
        }

        @Override
        String verbatim(String text) {
            return "=" + (FORMAT.length() + text.length()) + "\r\n" + FORMAT + text + "\r\n";
        }
    };

    /** In front of a verbatim text, and counted in its length: plain text. */
    private static final String FORMAT = "txt:";

    /** As HELLO and CLIENT INFO tell it. */
    final int version;

    /** The reply for a value that is not there. */
    final byte[] nil;

    Protocol(int version, String nil) {
        this.version = version;
        this.nil = Replies.ascii(nil);
    }

    /** The protocol of that version, or null. */
    static @Nullable Protocol of(long version) {
        return version == RESP2.version ? RESP2 : version == RESP3.version ? RESP3 : null;
    }

    /** Begins a map; keys and values follow in turn. */
    abstract String map(int entries);

    /** Begins a set; its elements follow. */
    abstract String set(int length);

    /** A text for people, as INFO answers with. */
    abstract String verbatim(String text);
}
