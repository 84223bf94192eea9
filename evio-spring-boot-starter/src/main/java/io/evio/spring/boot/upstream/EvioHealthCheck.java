package io.evio.spring.boot.upstream;

import io.evio.Action;
import io.evio.Address;
import io.evio.Connection;
import io.evio.EvioHandler;
import io.evio.Output;
import io.evio.Target;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One check of a target: a connection, or a request over it. */
final class EvioHealthCheck implements EvioHandler {

    /** The most bytes of an answer before the end of its status line, with the heads of 1xx before it. */
    private static final int LONGEST_ANSWER = 16 * 1024;

    /** The heads of 1xx (RFC 9110, 15.2), which come before the answer, and its status. */
    private static final Pattern STATUS =
            Pattern.compile("(?s)(?:HTTP/1\\.\\d 1\\d\\d.*?\r?\n\r?\n)*(HTTP/1\\.\\d ([2-5]\\d\\d)[^\r\n]*)\r?\n.*");

    /** Half of what the clock's difference of two readings can be. */
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE / 2);

    private static final Pattern BEGINNING = Pattern.compile("H(T(T(P(/.*)?)?)?)?", Pattern.DOTALL);

    private final Target target;
    private final @Nullable String path;
    private final Duration timeout;
    private final Consumer<@Nullable String> over;
    private boolean told;
    private long openedAt;

    /**
     * @param path what to ask for; null for a connection alone
     * @param timeout of the connection, and again of the answer
     * @param over called once, with why it failed, or null
     */
    EvioHealthCheck(Target target, @Nullable String path, Duration timeout, Consumer<@Nullable String> over) {
        this.target = target;
        this.path = path;
        this.timeout = timeout;
        this.over = over;
    }

    /** Returns a duration in nanoseconds; one that is longer than any application runs as some 146 years. */
    static long nanos(Duration duration) {
        return duration.compareTo(LONGEST) < 0 ? duration.toNanos() : LONGEST.toNanos();
    }

    private Action tell(@Nullable String failure) {
        if (!told) {
            told = true;
            over.accept(failure);
        }
        return Action.CLOSE;
    }

    @Override
    public Action opened(Connection connection, Output out) {
        if (path == null) {
            return tell(null);
        }
        openedAt = System.nanoTime();
        connection.wakeAfter(timeout);
        out.writeAscii("GET " + path + " HTTP/1.1\r\nHost: " + host()
                + "\r\nUser-Agent: evio-health-check\r\nAccept: */*\r\nConnection: close\r\n\r\n");
        return Action.NONE;
    }

    private String host() {
        Address address = target.address();
        if (address.isUnix()) {
            return "localhost";
        }
        String host = address.host();
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + address.port();
    }

    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        String answer = StandardCharsets.ISO_8859_1.decode(in.duplicate()).toString();
        Matcher status = STATUS.matcher(answer);
        if (status.matches()) {
            boolean isGood = status.group(2).startsWith("2") || status.group(2).startsWith("3");
            return tell(isGood ? null : "GET " + path + " was answered with " + status.group(1));
        }
        if (!BEGINNING.matcher(answer).matches() && !answer.isEmpty() || answer.length() > LONGEST_ANSWER) {
            return tell("GET " + path + " was not answered in HTTP/1.1");
        }
        if (System.nanoTime() - openedAt >= nanos(timeout)) {
            return tell("GET " + path + " was not answered within " + timeout.toMillis() + " ms");
        }
        return Action.NONE;
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        tell(error == null ? "GET " + path + " was not answered" : EvioUpstreamTarget.reason(error));
        return Action.NONE;
    }
}
