package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.EvioSampleApplication;
import io.evio.spring.boot.EvioServers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.core.env.EnumerablePropertySource;

/** The sample app, as it is but for its addresses; and for each address of its application.yml the one it has here. */
final class SampleApp implements AutoCloseable {

    private static final Pattern SERVER = Pattern.compile("evio\\.servers\\.([^.]+)\\.addresses.*");
    private static final Pattern PORT = Pattern.compile("(?<=:|-p |nc 127\\.0\\.0\\.1 |nc localhost )\\d{2,5}\\b");
    private static final Pattern SOCKET = Pattern.compile("/[\\w./-]+\\.sock\\b");

    private final ConfigurableApplicationContext context;
    private final Map<String, String> here = new HashMap<>();

    /**
     * Starts it with the profile {@code tls}, whose addresses are all those without it and more.
     *
     * @param yaml its application.yml, beside which that of the profile is
     * @param folder for its sockets and its certificate
     */
    SampleApp(Path yaml, Path folder) throws Exception {
        EnumerablePropertySource<?> properties =
                YamlBlocks.load(yaml.resolveSibling("application-tls.yml")).get(0);
        Map<String, List<String>> addresses = new LinkedHashMap<>();
        Map<String, Function<EvioServers, Integer>> ports = new HashMap<>();
        for (String key : properties.getPropertyNames()) {
            Matcher server = SERVER.matcher(key);
            if (server.matches()) {
                String name = server.group(1);
                String address = properties.getProperty(key).toString();
                List<String> ofServer = addresses.computeIfAbsent(name, any -> new ArrayList<>());
                if (address.startsWith("unix://")) {
                    Path path = Path.of(address.substring("unix://".length()));
                    Path moved = folder.resolve(path.getFileName());
                    here.put(path.toString(), moved.toString());
                    ofServer.add("unix://" + moved);
                } else {
                    int colon = address.lastIndexOf(':');
                    int index = ofServer.size();
                    ports.put(
                            address.substring(colon + 1),
                            servers -> servers.get(name).addresses().get(index).port());
                    ofServer.add(address.substring(0, colon) + ":0");
                }
            }
        }
        String actuator =
                YamlBlocks.load(yaml).get(0).getProperty("server.port").toString();
        List<String> arguments = new ArrayList<>(
                List.of("--server.port=0", "--spring.profiles.active=tls", "--java.io.tmpdir=" + folder));
        // Where the proxy finds it: a port that is free is not known beforehand.
        String http = "unix://" + folder.resolve("http.sock");
        addresses.get("http").add(http);
        addresses.forEach(
                (server, list) -> arguments.add("--evio.servers." + server + ".addresses=" + String.join(",", list)));
        arguments.add("--evio.upstreams.echo.targets=unix://" + here.get("/tmp/evio-echo.sock"));
        arguments.add("--evio.upstreams.http.targets=" + http);
        context = new SpringApplicationBuilder(EvioSampleApplication.class).run(arguments.toArray(String[]::new));
        EvioServers servers = context.getBean(EvioServers.class);
        ports.forEach((port, used) -> here.put(port, used.apply(servers).toString()));
        here.put(actuator, context.getEnvironment().getRequiredProperty("local.server.port"));
    }

    /** A command with the sample's addresses changed to those it has here; any other address is a mistake. */
    String reached(String command) {
        String moved = command;
        for (Pattern pattern : Arrays.asList(PORT, SOCKET)) {
            moved = pattern.matcher(moved).replaceAll(address -> Matcher.quoteReplacement(here(address, command)));
        }
        return moved;
    }

    private String here(MatchResult address, String command) {
        assertThat(here)
                .as("addresses of the sample, of which there is one in: %s", command)
                .containsKey(address.group());
        return here.get(address.group());
    }

    @Override
    public void close() {
        context.close();
    }
}
