package io.evio.sample.proxy;

import io.evio.sample.http.FieldReader;
import io.evio.sample.http.Refused;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

/**
 * Writes one line per request, in the combined log format of Apache and nginx, to the logger
 * {@code io.evio.sample.proxy.access} at level INFO. While that is off, as application.yml has it, a request costs one
 * comparison. While it is on, lines are written by a thread of their own, lest a slow disk stop the loops; when it
 * falls behind, lines are dropped and counted.
 */
final class AccessLog implements AutoCloseable {

    private static final Log logger = LogFactory.getLog("io.evio.sample.proxy.access");
    private static final Log ownLogger = LogFactory.getLog(AccessLog.class);

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("dd/MMM/yyyy:HH:mm:ss Z", Locale.ENGLISH)
            .withZone(ZoneId.systemDefault());

    private static final int MOST_WAITING = 8192;

    /** Ends the thread. */
    private static final String END = "";

    private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(MOST_WAITING);
    private final LongAdder dropped = new LongAdder();
    private final AtomicBoolean isStarted = new AtomicBoolean();
    private final Thread writer;

    AccessLog() {
        writer = new Thread(this::write, "evio-proxy-access-log");
        writer.setDaemon(true);
    }

    static boolean isOn() {
        return logger.isInfoEnabled();
    }

    private void write() {
        try {
            for (String line = lines.take(); !line.equals(END); line = lines.take()) {
                logger.info(line);
                long lost = dropped.sumThenReset();
                if (lost > 0) {
                    ownLogger.warn(
                            lost + " lines of the access log were dropped: they came faster than they are written");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The part of a line that is about the request itself, which has to be taken while its bytes are there. */
    record Request(Instant at, String line, String referer, String agent) {}

    /** Takes what a line needs of the head between the two indexes, which is complete and right. */
    static Request request(byte[] bytes, int start, int fields, int end) {
        String referer = "-";
        String agent = "-";
        FieldReader field = new FieldReader();
        try {
            for (int at = field.line(bytes, fields, end); !field.isLast(); at = field.line(bytes, at, end)) {
                if (field.isNamed("referer")) {
                    referer = text(bytes, field.valueStart(), field.valueEnd());
                } else if (field.isNamed("user-agent")) {
                    agent = text(bytes, field.valueStart(), field.valueEnd());
                }
            }
        } catch (Refused refused) {
            throw new IllegalArgumentException("The head was read before", refused);
        }
        return new Request(Instant.now(), text(bytes, start, fields - 2), referer, agent);
    }

    /** As nginx does it: what could end a line or a quoted part is written in hexadecimal digits. */
    private static String text(byte[] bytes, int from, int to) {
        String text = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
        StringBuilder safe = new StringBuilder(text.length());
        for (char c : text.toCharArray()) {
            if (c < ' ' || c > '~' || c == '"' || c == '\\') {
                safe.append(String.format("\\x%02X", (int) c));
            } else {
                safe.append(c);
            }
        }
        return safe.toString();
    }

    /**
     * Adds a line.
     *
     * @param known null for a request whose head is no head
     * @param sent bytes of the body
     */
    void line(Peer peer, @Nullable Request known, int status, long sent) {
        if (!isStarted.getAndSet(true)) {
            writer.start();
        }
        Request request = known == null ? new Request(Instant.now(), "-", "-", "-") : known;
        String line = new String(peer.address(), StandardCharsets.US_ASCII) + " - - [" + TIME.format(request.at())
                + "] \"" + request.line() + "\" " + status + " " + sent + " \"" + request.referer() + "\" \""
                + request.agent() + "\"";
        if (!lines.offer(line)) {
            dropped.increment();
        }
    }

    @Override
    public void close() {
        if (writer.isAlive()) {
            try {
                lines.put(END);
                writer.join(1000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
