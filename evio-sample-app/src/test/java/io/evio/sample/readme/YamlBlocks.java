package io.evio.sample.readme;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioHandler;
import io.evio.spring.boot.EvioServerStartedEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.springframework.boot.Banner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.context.ApplicationListener;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.FileSystemResource;

/**
 * An application.yml: an application starts with it and a handler for each server it names. Only the addresses are
 * others, free ports and sockets in a folder of the test, and so are key stores, which are made.
 */
final class YamlBlocks {

    private static final Pattern TCP = Pattern.compile("((?:tcp|tls)[46]?://[^\\s,\"']*):\\d+");
    private static final Pattern UNIX = Pattern.compile("unix://[^\\s,\"']*?([^/\\s,\"']+)(?=[\\s,\"']|$)");
    private static final Pattern KEY_STORE = Pattern.compile("file:([\\w-]+[.]p12)");
    private static final Pattern SERVER = Pattern.compile("evio\\.servers\\.([^.\\[]+).*");

    private final Path folder;
    private final KnownProperties properties;

    /** @param folder for the file and the sockets */
    YamlBlocks(Path folder, KnownProperties properties) {
        this.folder = folder;
        this.properties = properties;
    }

    void check(Block block) throws Exception {
        Path file = Files.writeString(folder.resolve("application.yml"), elsewhere(block.text()));
        List<EnumerablePropertySource<?>> sources = load(file);
        properties.check(sources);

        Set<String> keys = new TreeSet<>();
        sources.forEach(source -> keys.addAll(List.of(source.getPropertyNames())));
        Set<String> servers = new TreeSet<>();
        keys.stream().map(SERVER::matcher).filter(Matcher::matches).forEach(server -> servers.add(server.group(1)));
        boolean hasAddresses = keys.stream().anyMatch(key -> key.startsWith("evio.") && key.contains("addresses"));
        if (servers.isEmpty()) {
            servers.add("echo");
        }

        List<String> started = new ArrayList<>();
        SpringApplication application = new SpringApplicationBuilder(Application.class)
                .web(WebApplicationType.NONE)
                .bannerMode(Banner.Mode.OFF)
                .listeners((ApplicationListener<EvioServerStartedEvent>)
                        event -> started.add(event.getServer().name()))
                .initializers(context -> servers.forEach(server -> ((GenericApplicationContext) context)
                        .registerBean(server, EvioHandler.class, () -> new EvioHandler() {})))
                // What a block that is not about addresses leaves to others.
                .properties(hasAddresses ? Map.of() : Map.of("evio.addresses", "tcp://127.0.0.1:0"))
                .build();
        application.run("--spring.config.location=file:" + file).close();
        assertThat(started).as("servers that started").containsExactlyInAnyOrderElementsOf(servers);
    }

    /** A text with every address changed to one that is free. */
    private String elsewhere(String text) throws IOException, InterruptedException {
        for (Matcher store = KEY_STORE.matcher(text); store.find(); ) {
            makeKeyStore(folder.resolve(store.group(1)));
        }
        String stores = KEY_STORE.matcher(text).replaceAll("file:" + folder + "/$1");
        String tcp = stores.lines()
                .map(line -> line.contains("targets:")
                        ? nowhere(line)
                        : TCP.matcher(line).replaceAll("$1:0"))
                .collect(Collectors.joining("\n"));
        return UNIX.matcher(tcp).replaceAll("unix://" + folder + "/$1");
    }

    /** Targets on this machine, which may be checked and where nobody listens. */
    private static String nowhere(String line) {
        return line.replace("://10.", "://127.");
    }

    private static void makeKeyStore(Path file) throws IOException, InterruptedException {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-J-XX:TieredStopAtLevel=1",
                        "-J-XX:+UseSerialGC",
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-storepass",
                        "changeit",
                        "-keystore",
                        file.toString())
                .inheritIO()
                .start();
        assertThat(keytool.waitFor()).isZero();
    }

    /** A log with every address changed to one that is the same for README and test. */
    static String anywhere(String log) {
        String tcp = TCP.matcher(log).replaceAll("$1:PORT");
        return UNIX.matcher(tcp).replaceAll("unix://$1");
    }

    static List<EnumerablePropertySource<?>> load(Path file) throws IOException {
        List<EnumerablePropertySource<?>> sources = new ArrayList<>();
        for (PropertySource<?> source :
                new YamlPropertySourceLoader().load(file.toString(), new FileSystemResource(file))) {
            sources.add((EnumerablePropertySource<?>) source);
        }
        return sources;
    }

    /** No component scan: the handlers are registered by name. */
    @EnableAutoConfiguration
    static class Application {}
}
