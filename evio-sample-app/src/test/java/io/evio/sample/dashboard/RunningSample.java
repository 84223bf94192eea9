package io.evio.sample.dashboard;

import io.evio.Address;
import io.evio.EvioServer;
import io.evio.sample.EvioSampleApplication;
import io.evio.sample.testing.TrustAll;
import io.evio.spring.boot.EvioServers;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.net.ssl.SSLSocket;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The sample app in this JVM, on ports of its own. */
final class RunningSample implements AutoCloseable {

    /** A distribution, of which the endpoint has not one number, but its own part. */
    private static final Set<String> NO_NUMBERS = Set.of("evio.event.duration", "evio.event.duration.histogram");

    private final ConfigurableApplicationContext context;

    /**
     * Starts it.
     *
     * @param folder for its sockets
     * @param httpPort actuator's and the page's; 0 for a free one
     * @param more further arguments
     */
    RunningSample(Path folder, int httpPort, String... more) {
        this(Stream.concat(Stream.of(arguments(folder, httpPort)), Stream.of(more))
                .toArray(String[]::new));
    }

    private static String[] arguments(Path folder, int httpPort) {
        return new String[] {
            "--server.port=" + httpPort,
            "--evio.servers.echo.addresses=tcp://127.0.0.1:0,unix://" + folder.resolve("echo.sock"),
            "--evio.servers.redis.addresses=tcp://127.0.0.1:0,unix://" + folder.resolve("redis.sock"),
            "--evio.servers.http.addresses=tcp://127.0.0.1:0",
            "--evio.servers.gateway.addresses=tcp://127.0.0.1:0",
            "--evio.servers.proxy.addresses=tcp://127.0.0.1:0",
            "--evio.upstreams.echo.targets=unix://" + folder.resolve("echo.sock")
        };
    }

    private RunningSample(String... arguments) {
        context = new SpringApplicationBuilder(EvioSampleApplication.class).run(arguments);
    }

    /** Starts it with its profile {@code tls}: the servers echo and redis also listen with TLS, http does not. */
    static RunningSample withTls(Path folder) {
        return new RunningSample(
                "--server.port=0",
                "--spring.profiles.active=tls",
                "--java.io.tmpdir=" + folder,
                "--evio.servers.echo.addresses=tcp://127.0.0.1:0,tls://127.0.0.1:0",
                "--evio.servers.redis.addresses=tcp://127.0.0.1:0,tls://127.0.0.1:0",
                "--evio.servers.http.addresses=tcp://127.0.0.1:0",
                "--evio.servers.gateway.addresses=tcp://127.0.0.1:0",
                "--evio.servers.proxy.addresses=tcp://127.0.0.1:0",
                "--evio.servers.http.ssl.alpn=");
    }

    /** Starts it with these targets of the upstream {@code echo}, which are checked once, at the start. */
    static RunningSample withTargets(Path folder, String... targets) {
        return new RunningSample(
                "--server.port=0",
                "--evio.servers.echo.addresses=tcp://127.0.0.1:0,unix://" + folder.resolve("echo.sock"),
                "--evio.servers.redis.addresses=tcp://127.0.0.1:0",
                "--evio.servers.http.addresses=tcp://127.0.0.1:0",
                "--evio.servers.gateway.addresses=tcp://127.0.0.1:0",
                "--evio.upstreams.echo.targets=" + String.join(",", targets),
                "--evio.upstreams.echo.health.interval=1h");
    }

    /** The server's address with TLS. */
    InetSocketAddress addressWithTls(String server) {
        int port = context.getBean(EvioServers.class).get(server).addresses().stream()
                .filter(Address::isTls)
                .findFirst()
                .orElseThrow()
                .port();
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** A client there that trusts whatever certificate comes. */
    SSLSocket connectWithTls(String server) throws IOException, GeneralSecurityException {
        return TrustAll.connect(addressWithTls(server).getPort());
    }

    int httpPort() {
        return context.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
    }

    /** The page's address. */
    String page() {
        return "http://127.0.0.1:" + httpPort() + "/";
    }

    InetSocketAddress address(String server) {
        int port = context.getEnvironment().getRequiredProperty("local.evio." + server + ".port", Integer.class);
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }

    /** The server itself, such as for its statistics. */
    EvioServer server(String server) {
        return context.getBean(EvioServers.class).get(server);
    }

    /** The server's meters by name, as they are now. */
    Map<String, Double> meters(String server) {
        return metersWith("server", server);
    }

    /** The meters of an upstream's target by name, as they are now. */
    Map<String, Double> metersOfTarget(String target) {
        return metersWith("target", target);
    }

    private Map<String, Double> metersWith(String tag, String value) {
        Map<String, Double> values = new TreeMap<>();
        for (Meter meter : context.getBean(MeterRegistry.class).getMeters()) {
            if (meter.getId().getName().startsWith("evio.")
                    && !NO_NUMBERS.contains(meter.getId().getName())
                    && value.equals(meter.getId().getTag(tag))) {
                values.put(
                        meter.getId().getName(),
                        meter.measure().iterator().next().getValue());
            }
        }
        return values;
    }

    @Override
    public void close() {
        context.close();
    }
}
