package io.evio.sample.proxy;

import io.evio.sample.http.FieldReader;
import io.evio.sample.http.Refused;
import java.io.ByteArrayOutputStream;

/** The content of an answer to TRACE: the head as it has come, without what is secret (RFC 9110, 9.3.8). */
final class Trace {

    private Trace() {}

    /** @param fields where the header fields begin */
    static byte[] content(byte[] bytes, int start, int fields, int end) throws Refused {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(bytes, start, fields - start);
        FieldReader field = new FieldReader();
        int at = fields;
        for (int next = field.line(bytes, at, end); !field.isLast(); next = field.line(bytes, at, end)) {
            if (!field.isNamed("authorization") && !field.isNamed("proxy-authorization") && !field.isNamed("cookie")) {
                content.write(bytes, at, next - at);
            }
            at = next;
        }
        content.write(bytes, at, end - at);
        return content.toByteArray();
    }
}
