package io.evio.sample.http;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The methods that this server knows; any other is not implemented. */
enum Method {
    GET,
    HEAD,
    POST,
    PUT,
    DELETE,
    PATCH,
    OPTIONS;

    private static final Method[] ALL = values();

    private final byte[] word = Ascii.bytes(name());

    /** The method of this name, in its exact case; null when it is none of them. */
    static @Nullable Method of(byte[] bytes, int from, int to) {
        for (Method method : ALL) {
            if (Arrays.equals(method.word, 0, method.word.length, bytes, from, to)) {
                return method;
            }
        }
        return null;
    }
}
