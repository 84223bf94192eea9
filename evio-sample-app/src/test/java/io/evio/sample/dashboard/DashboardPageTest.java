package io.evio.sample.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.evio.EvioStats;
import io.evio.SlowestEvent;
import io.evio.sample.testing.Browser;
import io.evio.sample.testing.TestedPoller;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** The live page in a real browser, against the real application. */
@Timeout(120)
class DashboardPageTest {

    /** The note of a chart: handler and event, then how long it took, and how long ago. */
    private static final Pattern SLOWEST =
            Pattern.compile("slowest of late: (\\w+\\.\\w+), [\\d.]+ (?:µs|ms|s), \\d+ s ago");

    @TempDir
    private static Path chromium;

    @TempDir
    private static Path folder;

    private static Browser browser;

    /** One application for all tests that leave it as it was. */
    private static RunningSample sample;

    private final List<SocketChannel> clients = new ArrayList<>();

    /** Tells whether no other test can use the application any more. */
    private boolean spent;

    @BeforeAll
    static void startBrowser() throws Exception {
        browser = new Browser(chromium);
    }

    @AfterAll
    static void stop() {
        if (browser != null) {
            browser.close();
        }
        if (sample != null) {
            sample.close();
        }
    }

    @BeforeEach
    void open() throws Exception {
        if (sample == null) {
            sample = new RunningSample(folder, 0);
        }
        browser.screen(1280, 900, "light");
        browser.open(sample.page());
        eventually(() -> browser.text("#state").equals("live"));
    }

    @AfterEach
    void close() throws Exception {
        for (SocketChannel client : clients) {
            client.close();
        }
        browser.open("about:blank");
        if (spent) {
            sample.close();
            sample = null;
        } else {
            eventually(() -> List.of("echo", "redis").stream()
                    .allMatch(server -> sample.meters(server).get("evio.connections.active") == 0));
        }
    }

    @Test
    void numbersOnThePageAreTheMeters() throws Exception {
        connect("redis");
        for (int i = 0; i < 3; i++) {
            SocketChannel client = connect("echo");
            client.write(ByteBuffer.allocate(1_000 + i));
        }
        fillWithoutReading(connect("echo"));
        eventually(() -> {
            Map<String, Double> meters = sample.meters("echo");
            return meters.get("evio.connections.active") == 4 && meters.get("evio.write.pending") > 0;
        });

        for (String server : List.of("echo", "redis", "http")) {
            Map<String, Double> before = sample.meters(server);
            pollsTwice();
            Map<String, Double> shown = table(server);
            Map<String, Double> after = sample.meters(server);
            assertThat(shown.keySet()).isEqualTo(before.keySet());
            // Of echo, which has nothing to do now, all three are the same.
            assertThat(shown)
                    .allSatisfy((meter, value) -> assertThat(value)
                            .as("%s of %s", meter, server)
                            .isBetween(
                                    Math.min(before.get(meter), after.get(meter)),
                                    Math.max(before.get(meter), after.get(meter))));
        }
        assertThat(figure("echo", "evio.connections.active")).isEqualTo("4");
        assertThat(figure("redis", "evio.connections.active")).isEqualTo("1");
        assertThat(amount(figure("echo", "evio.write.pending")))
                .isCloseTo(sample.meters("echo").get("evio.write.pending"), within(50_000.0));
        assertThat(browser.text("[data-server=echo] .where")).startsWith("tcp://127.0.0.1:" + port("echo"));
        onlyAsksItsOwnHostAndComplainsOfNothing();
    }

    @Test
    void ratesAreThoseOfTheTraffic() throws Exception {
        SocketChannel client = connect("echo");
        byte[] message = new byte[10 * 1024];
        Thread sender = new Thread(() -> echo(client, message, Duration.ofMillis(20)));
        sender.start();
        try {
            // For a while: a moment in which they rise to it proves nothing.
            await().during(Duration.ofSeconds(3))
                    .atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> {
                        double in = amount(figure("echo", "evio.data.received"));
                        double out = amount(figure("echo", "evio.data.sent"));
                        double attempts = amount(figure("echo", "evio.prewrite"));
                        double busy = amount(figure("echo", "evio.loop.busy"));
                        return in > 450 * 1024
                                && in < 550 * 1024
                                && out > 450 * 1024
                                && out < 550 * 1024
                                && attempts > 45
                                && attempts < 60
                                && busy > 0
                                && busy < 100;
                    });
        } finally {
            sender.interrupt();
            sender.join();
        }
        eventually(() -> figure("echo", "evio.data.received").equals("0 B/s"));
        assertThat(line("echo", "Traffic")).as("the history").contains("L");
        onlyAsksItsOwnHostAndComplainsOfNothing();
    }

    @Test
    void showsTlsOfServersThatSpeakIt() throws Exception {
        spent = true;
        assertThat(browser.text("[data-server=echo]")).doesNotContain("TLS");
        sample.close();
        sample = RunningSample.withTls(folder);
        browser.open(sample.page());
        eventually(() -> browser.text("#state").equals("live"));
        connect("echo");
        connect("echo");
        SocketChannel plain = connect("echo");
        try (SSLSocket encrypted = sample.connectWithTls("echo")) {
            encrypted.getOutputStream().write(1);
            assertThat(encrypted.getInputStream().read()).isOne();
            eventually(() -> figure("echo", "tls.share").equals("25 %"));
            plain.close();
            eventually(() -> figure("echo", "tls.share").equals("33 %"));
            assertThat(browser.text("[data-server=echo]"))
                    .contains("1 of 3 open")
                    .contains("so far: completed 1, of these resumed 0, failed 0, too late 0");
        }
        eventually(() -> figure("echo", "tls.share").equals("0 %"));
        try (SocketChannel talksPlainText = SocketChannel.open(sample.addressWithTls("echo"))) {
            talksPlainText.write(ByteBuffer.wrap("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
            eventually(() -> browser.text("[data-server=echo]").contains("failed 1,"));
        }
        assertThat(browser.text("[data-server=redis]")).contains("TLS handshakes", "Connections with TLS");
        assertThat(browser.text("[data-server=http]")).doesNotContain("TLS");
        onlyAsksItsOwnHostAndComplainsOfNothing();
    }

    @Test
    void showsHowLongEventsTakeAndTheSlowest() throws Exception {
        assertThat(browser.text("[data-server=redis]")).contains("Event durations");
        SocketChannel client = connect("redis");
        // Thousands of them come in one event, which then takes long enough to be told apart.
        StringBuilder commands = new StringBuilder();
        for (int i = 0; i < 50_000; i++) {
            commands.append("SET key:").append(i).append(" x\r\n");
        }
        Thread reader = new Thread(() -> readAll(client));
        reader.start();
        for (ByteBuffer out = ascii(commands.toString()); out.hasRemaining(); ) {
            client.write(out);
        }
        eventually(() -> {
            SlowestEvent slowest = sample.server("redis").stats().slowestEvent();
            Matcher shown = SLOWEST.matcher(note("redis", "Event durations"));
            return slowest != null
                    && shown.matches()
                    && shown.group(1).equals("RedisHandler." + slowest.event())
                    && slowest.handler().endsWith(".RedisHandler");
        });
        // Of the last second, in which there was something: one event a second at least.
        Thread pinger = new Thread(() -> ping(client));
        pinger.start();
        try {
            eventually(() -> figure("redis", "event.p99").matches("[\\d.]+ (µs|ms|s)"));
        } finally {
            pinger.interrupt();
            pinger.join();
        }
        assertThat(line("redis", "Event durations")).as("the history").contains("M");
        onlyAsksItsOwnHostAndComplainsOfNothing();
        client.close();
        reader.join();
    }

    @Test
    void showsEachLoopAndWhatWasRefused() throws Exception {
        assertThat(browser.text("[data-server=echo]")).doesNotContain("loops").doesNotContain("slowest event");
        spent = true;
        sample.close();
        sample = new RunningSample(
                folder,
                0,
                "--evio.servers.echo.loops=2",
                "--evio.servers.redis.access.deny=127.0.0.0/8",
                "--evio.servers.http.limits.max-connections-per-address=1");
        browser.open(sample.page());
        eventually(() -> browser.text("#state").equals("live"));
        for (int i = 0; i < 10; i++) {
            connect("echo");
        }
        eventually(() -> {
            List<EvioStats> loops = sample.server("echo").loopStats();
            return loops.stream().mapToLong(EvioStats::connectionsActive).sum() == 10
                    && ofLoop(0, "connections").equals("" + loops.get(0).connectionsActive())
                    && ofLoop(1, "connections").equals("" + loops.get(1).connectionsActive())
                    && ofLoop(0, "busy").matches("[\\d.]+ %")
                    && ofLoop(1, "busy").matches("[\\d.]+ %");
        });
        assertThat(browser.text("[data-server=echo] .where")).contains("2 loops");
        assertThat(browser.text("[data-server=redis]")).doesNotContain("slowest event");

        for (int i = 0; i < 3; i++) {
            connect("redis");
        }
        connect("http");
        connect("http");
        eventually(() -> note("redis", "Connections refused")
                .equals("so far: no trusted proxy 0, no access 3, too many of one address 0, accept rate 0"));
        eventually(() -> note("http", "Connections refused").contains("too many of one address 1,"));
        assertThat(figure("redis", "refused")).endsWith("/s");
        onlyAsksItsOwnHostAndComplainsOfNothing();
    }

    private static String ofLoop(int loop, String figure) throws Exception {
        return browser.text("[data-server=echo] [data-loop='" + loop + "'] [data-figure='" + figure + "']");
    }

    private static String note(String server, String chart) throws Exception {
        return browser.text("[aria-label='" + server + ": " + chart + "'] .note");
    }

    private static ByteBuffer ascii(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static void readAll(SocketChannel client) {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
        try {
            while (client.read(buffer.clear()) >= 0) {
                // Only so that the server can go on.
            }
        } catch (IOException e) {
            // The test has seen enough.
        }
    }

    private static void ping(SocketChannel client) {
        try {
            while (true) {
                client.write(ascii("PING\r\n"));
                Thread.sleep(50);
            }
        } catch (IOException | InterruptedException e) {
            // The test has seen enough.
        }
    }

    @Test
    void showsUpstreamsAndTheirTargets() throws Exception {
        spent = true;
        sample.close();
        String echo = "unix://" + folder.resolve("echo.sock");
        Path path = folder.resolve("listening.sock");
        String listening = "unix://" + path;
        String none = "unix://" + folder.resolve("none.sock");
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(path));
            sample = RunningSample.withTargets(folder, echo, listening, none);
            browser.open(sample.page());
            eventually(() -> List.of(of(echo, "state"), of(listening, "state"), of(none, "state"))
                    .equals(List.of("up", "up", "down")));
        } finally {
            Files.deleteIfExists(path);
        }
        assertThat(browser.text("[data-upstream=echo] h2 + span")).isEqualTo("up");
        assertThat(browser.text("[data-upstream=echo] .where")).isEqualTo("least-connections, checked by a connection");
        assertThat(browser.text("[href='#upstream-echo']")).contains("2 of 3 targets");
        assertThat(of(none, "last error")).contains("ENOENT");
        assertThat(of(echo, "connect time")).isEqualTo("–");

        // The second finds nobody at the target with the fewest connections, and comes to the one that is there.
        for (int i = 0; i < 2; i++) {
            SocketChannel client = connect("gateway");
            client.write(ByteBuffer.wrap(new byte[] {1}));
            assertThat(client.read(ByteBuffer.allocate(1))).isOne();
        }
        eventually(
                () -> of(echo, "active").equals("2") && !of(listening, "errors").equals("0"));
        assertThat(of(echo, "opened")).isEqualTo("2");
        assertThat(of(echo, "connect time")).matches("[\\d.]+ (µs|ms|s)");
        assertThat(of(listening, "last error")).contains("ENOENT");
        for (String target : List.of(echo, listening, none)) {
            Map<String, Double> meters = sample.metersOfTarget(target);
            assertThat(amount(of(target, "active"))).isEqualTo(meters.get("evio.upstream.connections.active"));
            assertThat(amount(of(target, "opened"))).isEqualTo(meters.get("evio.upstream.connections.opened"));
            assertThat(amount(of(target, "errors"))).isEqualTo(meters.get("evio.upstream.connections.errors"));
        }
        onlyAsksItsOwnHostAndComplainsOfNothing();

        sample.close();
        eventually(() -> of(echo, "state").equals("unknown"));
        assertThat(of(echo, "active")).isEqualTo("–");
        assertThat(browser.text("[data-upstream=echo] h2 + span")).isEqualTo("unknown");
    }

    private static String of(String target, String figure) throws Exception {
        return browser.text("[data-upstream=echo] [data-target='" + target + "'] [data-figure='" + figure + "']");
    }

    @Test
    void saysWhichServerHasEnded() throws Exception {
        spent = true;
        assertThat(browser.text("[data-server=redis] h2 + span")).isEqualTo("running");

        connect("redis").write(ByteBuffer.wrap("SHUTDOWN\r\n".getBytes(StandardCharsets.US_ASCII)));

        eventually(() -> browser.text("[data-server=redis] h2 + span").equals("stopped"));
        assertThat(browser.text("[data-server=echo] h2 + span")).isEqualTo("running");
        onlyAsksItsOwnHostAndComplainsOfNothing();
    }

    @Test
    void saysThatTheApplicationIsGoneAndRecoversByItself() throws Exception {
        spent = true;
        connect("echo");
        eventually(() -> figure("echo", "evio.connections.active").equals("1"));
        assertThat(browser.text("#gone")).isEmpty();
        int port = sample.httpPort();

        sample.close();

        eventually(() -> browser.text("#gone").startsWith("The application has not answered since "));
        assertThat(browser.text("#state")).isEqualTo("no answer");
        assertThat(browser.evaluate("document.title").asString()).isEqualTo("gone: evio");
        assertThat(figure("echo", "evio.connections.active")).isEqualTo("–");
        assertThat(figure("echo", "evio.data.received")).isEqualTo("–");
        assertThat(browser.text("[data-server=echo]")).contains("unknown").doesNotContain("running");
        assertThat(browser.text("#overview")).contains("no answer").doesNotContain("open");

        sample = new RunningSample(folder, port);

        eventually(() -> browser.text("#state").equals("live"));
        assertThat(browser.text("#gone")).isEmpty();
        assertThat(browser.evaluate("document.title").asString()).isEqualTo("evio");
        eventually(() -> figure("echo", "evio.connections.active").equals("0"));
        eventually(() -> figure("echo", "evio.data.received").equals("0 B/s"));
        assertThat(line("echo", "Connections")).as("the line has a gap").containsPattern("M.*M");
    }

    @Test
    void historyOutlivesAReload() throws Exception {
        connect("echo");
        eventually(() -> line("echo", "Connections").matches("M.*L.*L.*L.*"));
        int points = points();

        browser.evaluate("document.body.id = 'old'");
        browser.evaluate("location.reload()");

        eventually(() -> browser.text("body:not(#old) #state").equals("live"));
        assertThat(points()).isGreaterThan(points);
    }

    @Test
    void countersThatBeginAnewAreNoRateBelowZero() throws Exception {
        spent = true;
        SocketChannel client = connect("echo");
        double before = sample.meters("echo").get("evio.data.received");
        client.write(ByteBuffer.allocate(100_000));
        eventually(() -> table("echo").get("evio.data.received") == before + 100_000);
        int port = sample.httpPort();
        browser.open("about:blank");
        sample.close();
        sample = new RunningSample(folder, port);

        browser.open(sample.page());

        eventually(() -> figure("echo", "evio.data.received").equals("0 B/s"));
        assertThat(Pattern.compile(",([\\d.]+)")
                        .matcher(line("echo", "Traffic"))
                        .results())
                .as("heights from 0, the scale's end, to 100, which is zero")
                .isNotEmpty()
                .allMatch(height -> Double.parseDouble(height.group(1)) <= 100);
    }

    @Test
    void listsWhoIsConnectedByPages() throws Exception {
        for (int i = 0; i < 25; i++) {
            connect("echo");
        }
        eventually(() -> figure("echo", "evio.connections.active").equals("25"));
        String details = "[data-server=echo] details:not(.meters)";
        browser.evaluate("document.querySelector('" + details + "').open = true");
        eventually(() -> rows(details) == 20);
        assertThat(browser.text(details))
                .contains(clients.get(0).getLocalAddress().toString().substring(1));
        if (TestedPoller.NAME.equals("epoll")) {
            assertThat(browser.text(details + " tbody tr td:nth-child(8)")).matches("[\\d.]+ (µs|ms)");
            assertThat(browser.text(details + " tbody tr td:nth-child(9)")).isEqualTo("0 segments");
        }

        browser.evaluate("document.querySelector('" + details + " button:last-of-type').click()");

        eventually(() -> rows(details) == 5);
        assertThat(browser.text(details))
                .contains(clients.get(24).getLocalAddress().toString().substring(1));
    }

    @ParameterizedTest
    @CsvSource({"1280, 900, light", "1280, 900, dark", "360, 740, light", "360, 740, dark"})
    void canBeRead(int width, int height, String scheme) throws Exception {
        browser.screen(width, height, scheme);
        browser.evaluate("document.querySelectorAll('details').forEach(details => details.open = true)");
        browser.evaluate("document.getElementById('gone').hidden = false");
        browser.evaluate("document.getElementById('gone').textContent = 'gone'");
        assertThat(browser.evaluate("document.documentElement.scrollWidth").asInt())
                .as("nothing stands out at the side")
                .isLessThanOrEqualTo(width);
        JsonNode texts = browser.evaluate(CONTRASTS);
        assertThat(texts.size()).isGreaterThan(50);
        for (JsonNode text : texts) {
            // WCAG 2.1, 1.4.3: 4.5 to 1.
            assertThat(text.path("contrast").asDouble())
                    .as("contrast of '%s'", text.path("text").asString())
                    .isGreaterThanOrEqualTo(4.5);
        }
        JsonNode lines = browser.evaluate(LINE_CONTRASTS);
        for (JsonNode contrast : lines) {
            // 1.4.11, for what is no text: 3 to 1.
            assertThat(contrast.asDouble()).isGreaterThanOrEqualTo(3);
        }
        assertThat(lines.size()).isEqualTo(2);
    }

    private static final String CONTRAST = """
            const luminance = color => {
                const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map(part => part / 255)
                    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            const contrast = (one, other) => {
                const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
                return (light + 0.05) / (dark + 0.05);
            };
            const background = element => {
                const color = getComputedStyle(element).backgroundColor;
                return color === 'rgba(0, 0, 0, 0)' ? background(element.parentElement) : color;
            };
            """;

    /** Of every piece of text that is seen. */
    private static final String CONTRASTS = "(() => {" + CONTRAST + """
            return [...document.body.querySelectorAll('*')]
                .filter(element => element.checkVisibility()
                    && [...element.childNodes].some(
                        node => node.nodeType === Node.TEXT_NODE && node.data.trim() !== ''))
                .map(element => ({
                    text: element.textContent,
                    contrast: contrast(getComputedStyle(element).color, background(element)),
                }));
            })()""";

    /** Of a chart's two lines. */
    private static final String LINE_CONTRASTS = "(() => {" + CONTRAST + """
            const tile = [...document.querySelectorAll('.tile')].find(tile => tile.querySelector('.second'));
            return [...tile.querySelectorAll('.line')]
                .map(line => contrast(getComputedStyle(line).stroke, background(line.parentElement)));
            })()""";

    private SocketChannel connect(String server) throws IOException {
        SocketChannel client = SocketChannel.open(sample.address(server));
        clients.add(client);
        return client;
    }

    private int port(String server) {
        return sample.address(server).getPort();
    }

    /** Until nothing goes out any more: the server does not read as long as its echo is not taken. */
    private static void fillWithoutReading(SocketChannel client) throws IOException {
        client.setOption(StandardSocketOptions.SO_RCVBUF, 64 * 1024);
        client.configureBlocking(false);
        ByteBuffer bytes = ByteBuffer.allocate(1 << 20);
        await().during(Duration.ofMillis(500)).atMost(Duration.ofSeconds(30)).until(() -> {
            int written = client.write(bytes.clear());
            return written == 0;
        });
    }

    private static void echo(SocketChannel client, byte[] message, Duration period) {
        try {
            ByteBuffer back = ByteBuffer.allocate(message.length);
            for (long next = System.nanoTime(); ; next += period.toNanos()) {
                for (ByteBuffer out = ByteBuffer.wrap(message); out.hasRemaining(); ) {
                    client.write(out);
                }
                for (back.clear(); back.hasRemaining(); ) {
                    client.read(back);
                }
                Thread.sleep(Duration.ofNanos(Math.max(0, next + period.toNanos() - System.nanoTime()))
                        .toMillis());
            }
        } catch (IOException | InterruptedException e) {
            // The test has seen enough.
        }
    }

    /** Waits until the page has shown what it asked for after now. */
    private static void pollsTwice() {
        long before = polls();
        eventually(() -> polls() > before + 1);
    }

    private static long polls() {
        return browser.requests().stream()
                .filter(request -> request.endsWith("/actuator/evio?limit=0"))
                .count();
    }

    private static String figure(String server, String meter) throws Exception {
        return browser.text("[data-server=" + server + "] [data-figure='" + meter + "']");
    }

    /** The path of a chart's first line. */
    private static String line(String server, String chart) throws Exception {
        return browser.evaluate("document.querySelector(\"[aria-label='" + server + ": " + chart
                        + "'] .line\").getAttribute('d')")
                .asString();
    }

    private static int points() throws Exception {
        return line("echo", "Connections").split("L", -1).length;
    }

    private static int rows(String details) throws Exception {
        return browser.evaluate("document.querySelectorAll('" + details + " tbody tr').length")
                .asInt();
    }

    /** The table of all meters, as it is read. */
    private static Map<String, Double> table(String server) throws Exception {
        browser.evaluate("document.querySelectorAll('details.meters').forEach(details => details.open = true)");
        Map<String, Double> shown = new TreeMap<>();
        JsonNode rows = browser.evaluate("[...document.querySelectorAll('[data-server=" + server
                + "] .meters tbody tr')].map(row => [row.cells[0].innerText, row.cells[1].innerText])");
        for (JsonNode row : rows) {
            shown.put(
                    row.get(0).asString(),
                    Double.parseDouble(row.get(1).asString().replace(",", "")));
        }
        return shown;
    }

    /** 1.5 KiB/s as 1536; -1 where there is no number. */
    private static double amount(String figure) {
        Matcher matcher =
                Pattern.compile("([\\d.,]+) ?(B|KiB|MiB|GiB|k|M|%)?(?:/s)?").matcher(figure);
        if (!matcher.matches()) {
            return -1;
        }
        double factor = switch (String.valueOf(matcher.group(2))) {
            case "KiB" -> 1 << 10;
            case "MiB" -> 1 << 20;
            case "GiB" -> 1 << 30;
            case "k" -> 1e3;
            case "M" -> 1e6;
            default -> 1;
        };
        return Double.parseDouble(matcher.group(1).replace(",", "")) * factor;
    }

    private void onlyAsksItsOwnHostAndComplainsOfNothing() {
        assertThat(browser.requests())
                .contains(sample.page())
                .allMatch(request -> request.startsWith(sample.page()) || request.startsWith("data:"));
        assertThat(browser.complaints()).isEmpty();
    }

    private static void eventually(Callable<Boolean> condition) {
        await().atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(100))
                .until(condition);
    }
}
