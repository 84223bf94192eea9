package io.evio.sample.proxy;

import io.evio.sample.http.Ascii;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.MessageHead;
import io.evio.sample.http.Refused;

/**
 * Allows one transfer coding alone, {@code chunked}, once and without anything around it. RFC 9112, 6.1, allows more,
 * as empty elements, but what the next server makes of them is not known here.
 */
final class Coding {

    private Coding() {}

    static void check(FieldReader field, MessageHead head) throws Refused {
        if (field.isNamed("transfer-encoding")
                && (head.hasTransferEncoding
                        || !Ascii.isWord("chunked", field.bytes(), field.valueStart(), field.valueEnd()))) {
            throw Refused.bad("Transfer-Encoding is not chunked alone");
        }
    }
}
