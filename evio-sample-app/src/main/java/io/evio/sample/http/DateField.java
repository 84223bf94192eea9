package io.evio.sample.http;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** The Date field with the current second, made once a second: RFC 9110, 5.6.7. */
public final class DateField {

    private static final DateTimeFormatter FORMAT = DateTimeFormatter.ofPattern(
                    "'Date: 'EEE, dd MMM yyyy HH:mm:ss 'GMT\r\n'", Locale.ENGLISH)
            .withZone(ZoneOffset.UTC);

    private byte[] line = new byte[0];

    public DateField() {
        update(System.currentTimeMillis());
    }

    /**
     * Says this time from now on.
     *
     * @param millis since 1970
     */
    public void update(long millis) {
        line = Ascii.bytes(FORMAT.format(Instant.ofEpochMilli(millis)));
    }

    /** The field with its line end; not to be changed. */
    public byte[] line() {
        return line;
    }
}
