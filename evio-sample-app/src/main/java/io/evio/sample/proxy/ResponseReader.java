package io.evio.sample.proxy;

import io.evio.sample.http.Ascii;
import io.evio.sample.http.Elements;
import io.evio.sample.http.FieldMeaning;
import io.evio.sample.http.FieldReader;
import io.evio.sample.http.HttpLimits;
import io.evio.sample.http.MessageReader;
import io.evio.sample.http.Refused;

/** Reads the heads of responses. Used again for every response of every connection. */
final class ResponseReader extends MessageReader<ResponseHead> {

    private static final byte[] PROTOCOL = Ascii.bytes("HTTP/1.");

    /** The version, a blank, the code, and one more. */
    private static final int CODE = PROTOCOL.length + 2;

    private static final int CODE_END = CODE + 3;

    private final HttpLimits limits;
    private final FieldMeaning framing = new FieldMeaning();
    private final Elements elements = new Elements();

    ResponseReader(HttpLimits limits) {
        super(limits, false);
        this.limits = limits;
    }

    @Override
    protected int firstLine(byte[] source, int from, int to, ResponseHead head) throws Refused {
        int most = Math.min(to, from + limits.requestLine() + 1);
        for (int i = 0; i < CODE_END && from + i < most; i++) {
            byte b = source[from + i];
            boolean right =
                    i < PROTOCOL.length ? b == PROTOCOL[i] : i == PROTOCOL.length + 1 ? b == ' ' : Ascii.isDigit(b);
            if (!right) {
                throw Refused.bad("no status line");
            }
        }
        int reason = from + CODE_END;
        if (reason >= most) {
            return incomplete(head, 0, from, to);
        }
        // Some send no blank in front of an empty reason.
        if (source[reason] != ' ' && source[reason] != '\r') {
            throw Refused.bad("no status code");
        }
        int end = Ascii.skip(Ascii.VALUE, source, reason, most);
        if (end == most) {
            return incomplete(head, Ascii.VALUE, from, to);
        }
        if (source[end] != '\r' || (end + 1 < most && source[end + 1] != '\n')) {
            throw Refused.bad("control character in a status line");
        }
        if (end + 1 >= most) {
            return incomplete(head, 0, from, to);
        }
        head.isOld = source[from + PROTOCOL.length] == '0';
        head.code = (int) Ascii.decimal(source, from + CODE, from + CODE_END);
        head.codeStart = CODE;
        head.reasonEnd = end - from;
        if (head.code < 100 || head.code > 999) {
            throw Refused.bad("status code out of range");
        }
        return end + 2;
    }

    private int incomplete(ResponseHead head, int inside, int from, int to) throws Refused {
        if (to - from > limits.requestLine()) {
            throw Refused.bad("too long a status line");
        }
        goesOn(head, inside);
        return INCOMPLETE;
    }

    @Override
    protected void field(FieldReader field, ResponseHead head) throws Refused {
        switch (field.nameLength()) {
            case 4 -> head.hasDate |= field.isNamed("date");
            case 10 -> {
                framing.take(field, head);
                if (field.isNamed("connection")) {
                    head.namesFields |= HopByHop.names(elements.of(field));
                } else if (field.isNamed("keep-alive")) {
                    keepAlive(field, head);
                }
            }
            case 17 -> {
                Coding.check(field, head);
                framing.take(field, head);
            }
            default -> framing.take(field, head);
        }
    }

    private void keepAlive(FieldReader field, ResponseHead head) {
        elements.of(field);
        while (elements.advance()) {
            int value = elements.start() + "timeout=".length();
            if (value < elements.end() && Ascii.isWord("timeout=", field.bytes(), elements.start(), value)) {
                head.keepAliveSeconds = Ascii.decimal(field.bytes(), value, elements.end());
            }
        }
    }

    @Override
    protected void complete(ResponseHead head) throws Refused {
        FieldMeaning.checkFraming(head);
    }
}
