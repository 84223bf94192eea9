package io.evio.sample.http;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** Parsing the head of a request: the shortest there is, and one like a browser's. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HeadReaderBenchmark {

    private final byte[] shortest = ascii("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    private final byte[] browser =
            ascii("GET /stream?size=1000 HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\n"
                    + "Upgrade-Insecure-Requests: 1\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0.0.0 Safari/537.36\r\n"
                    + "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
                    + "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-GB,en;q=0.9\r\n\r\n");
    private final HeadReader reader = new HeadReader(HttpLimits.DEFAULTS);
    private final Request request = new Request();

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Benchmark
    public boolean shortest() throws Refused {
        return reader.read(shortest, 0, shortest.length, request);
    }

    @Benchmark
    public boolean browser() throws Refused {
        return reader.read(browser, 0, browser.length, request);
    }
}
