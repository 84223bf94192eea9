package io.evio.sample.http;

/** Takes from the header fields what matters to this server, and passes over all others. */
final class RequestMeaning {

    private final FieldMeaning framing = new FieldMeaning();
    private final Elements elements = new Elements();

    /** Takes one field into account. */
    void take(FieldReader field, Request request) throws Refused {
        switch (field.nameLength()) {
            case 4 -> {
                if (field.isNamed("host")) {
                    Authority.check(field.bytes(), field.valueStart(), field.valueEnd());
                    request.hosts++;
                }
            }
            case 6 -> {
                if (field.isNamed("expect")) {
                    expect(field, request);
                }
            }
            case 7 -> {
                if (field.isNamed("upgrade")) {
                    upgrade(field, request);
                }
            }
            default -> framing.take(field, request);
        }
    }

    private void expect(FieldReader field, Request request) throws Refused {
        elements.of(field);
        while (elements.advance()) {
            if (!elements.is("100-continue")) {
                throw new Refused(Status.EXPECTATION_FAILED, "only 100-continue can be expected");
            }
            request.expectsContinue = true;
        }
    }

    private void upgrade(FieldReader field, Request request) {
        elements.of(field);
        while (elements.advance()) {
            request.upgradesToChat |= elements.is("chat");
        }
    }
}
