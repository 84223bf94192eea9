package io.evio.sample.proxy;

import io.evio.sample.http.Ascii;
import io.evio.sample.http.FieldReader;

/**
 * Says for whom a request is: Forwarded (RFC 7239) and X-Forwarded-For, -Proto and -Host. What a trusted proxy in front
 * has said is kept and added to; what anybody else has said is left out. Used again for every request.
 */
final class ForwardedFields {

    private static final byte[] FORWARDED = Ascii.bytes("Forwarded: ");
    private static final byte[] FOR = Ascii.bytes("X-Forwarded-For: ");
    private static final byte[] PROTO = Ascii.bytes("X-Forwarded-Proto: ");
    private static final byte[] HOST = Ascii.bytes("X-Forwarded-Host: ");
    private static final byte[] CRLF = Ascii.bytes("\r\n");
    private static final byte[] COMMA = Ascii.bytes(", ");
    private static final byte[] HOST_PARAMETER = Ascii.bytes(";host=\"");
    private static final byte[] PROTO_PARAMETER = Ascii.bytes(";proto=");
    private static final String ANY = "x-forwarded-";

    private final HeadBuffer forwarded = new HeadBuffer();
    private final HeadBuffer forwardedFor = new HeadBuffer();
    private boolean isTrusted;
    private boolean hasProto;
    private boolean hasHost;

    void begin(Peer peer) {
        isTrusted = peer.isTrusted();
        forwarded.clear();
        forwardedFor.clear();
        hasProto = false;
        hasHost = false;
    }

    /** Returns whether the field is not to be passed on as it is. */
    boolean takes(FieldReader field) {
        if (field.nameLength() == 9 && field.isNamed("forwarded")) {
            return takes(field, forwarded);
        }
        int prefix = field.nameStart() + ANY.length();
        if (prefix >= field.nameEnd() || !Ascii.isWord(ANY, field.bytes(), field.nameStart(), prefix)) {
            return false;
        }
        if (field.isNamed("x-forwarded-for")) {
            return takes(field, forwardedFor);
        }
        hasProto |= field.isNamed("x-forwarded-proto");
        hasHost |= field.isNamed("x-forwarded-host");
        return !isTrusted;
    }

    private boolean takes(FieldReader field, HeadBuffer list) {
        if (isTrusted && field.valueStart() < field.valueEnd()) {
            list.append(field.bytes(), field.valueStart(), field.valueEnd());
            list.append(COMMA);
        }
        return true;
    }

    /** Writes the fields, after all of the request's own. */
    void end(HeadBuffer to, Peer peer, byte[] bytes, int host, int hostEnd) {
        to.append(FORWARDED);
        to.append(forwarded.bytes(), 0, forwarded.length());
        to.append(peer.node());
        if (host < hostEnd) {
            to.append(HOST_PARAMETER);
            to.append(bytes, host, hostEnd);
            to.append('"');
        }
        to.append(PROTO_PARAMETER);
        to.append(peer.protocol());
        to.append(CRLF);
        to.append(FOR);
        to.append(forwardedFor.bytes(), 0, forwardedFor.length());
        to.append(peer.address());
        to.append(CRLF);
        if (!isTrusted || !hasProto) {
            to.append(PROTO);
            to.append(peer.protocol());
            to.append(CRLF);
        }
        if ((!isTrusted || !hasHost) && host < hostEnd) {
            to.append(HOST);
            to.append(bytes, host, hostEnd);
            to.append(CRLF);
        }
    }
}
