package io.evio.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** The fixed page, and the date that goes with it. */
record Page(byte[] body) {

    static final String TYPE = "text/html; charset=utf-8";
    static final Page EMPTY = new Page(new byte[0]);

    Page(Path file) throws IOException {
        this(Files.readAllBytes(file));
    }

    static String date() {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC));
    }
}
