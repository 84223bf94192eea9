package io.evio.sample;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.testing.SampleJar;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.EnumerablePropertySource;
import org.springframework.core.env.PropertySource;
import org.springframework.core.io.ClassPathResource;

/** The packaged application is reached by this machine alone, by default. */
@EnabledIfSystemProperty(named = "sample.jar", matches = ".+", disabledReason = "needs the jar: run by mvn verify")
@EnabledOnOs(OS.LINUX)
@Timeout(180)
class LoopbackIT {

    /** proc_pid_net(5): of a socket that listens. */
    private static final String LISTENS = "0A";

    @TempDir
    private Path folder;

    @Test
    void everyPortIsOpenToThisMachineAlone() throws Exception {
        List<String> arguments = addressesOfTheApplication();
        assertThat(arguments).as("servers with a TCP address").hasSize(5);
        try (SampleJar sample = SampleJar.start(folder, arguments.toArray(String[]::new))) {
            sample.awaitStarted();
            List<InetAddress> listening = listening(sample.pid());
            assertThat(listening).as("five servers and actuator").hasSize(6).allMatch(InetAddress::isLoopbackAddress);
        }
    }

    /** The TCP addresses of application.yml as arguments, but with free ports. */
    private static List<String> addressesOfTheApplication() throws IOException {
        List<String> arguments = new ArrayList<>();
        for (PropertySource<?> source :
                new YamlPropertySourceLoader().load("application", new ClassPathResource("application.yml"))) {
            for (String name : ((EnumerablePropertySource<?>) source).getPropertyNames()) {
                String value = String.valueOf(source.getProperty(name));
                if (name.matches("evio\\.servers\\..*\\.addresses.*") && value.startsWith("tcp:")) {
                    arguments.add("--" + name.replaceAll("\\[\\d+]", "") + "=" + value.replaceAll(":\\d+$", ":0"));
                }
            }
        }
        return arguments;
    }

    /** The local addresses of the process' TCP sockets that listen: proc_pid_net(5), proc_pid_fd(5). */
    private static List<InetAddress> listening(long pid) throws IOException {
        Path process = Path.of("/proc", Long.toString(pid));
        Set<String> own = new HashSet<>();
        try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
            for (Path descriptor : descriptors) {
                own.add(
                        Files.exists(descriptor, LinkOption.NOFOLLOW_LINKS)
                                ? Files.readSymbolicLink(descriptor).toString()
                                : "");
            }
        }
        List<InetAddress> addresses = new ArrayList<>();
        for (String table : List.of("tcp", "tcp6")) {
            for (String line : Files.readAllLines(process.resolve("net").resolve(table))) {
                String[] fields = line.strip().split("\\s+");
                if (fields[3].equals(LISTENS) && own.contains("socket:[" + fields[9] + "]")) {
                    addresses.add(address(fields[1]));
                }
            }
        }
        return addresses;
    }

    /** @param text words of four bytes in the machine's order, a colon, the port */
    private static InetAddress address(String text) throws IOException {
        byte[] bytes = HexFormat.of().parseHex(text.substring(0, text.indexOf(':')));
        byte[] inOrder = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            inOrder[i] = bytes[i / 4 * 4 + 3 - i % 4];
        }
        return InetAddress.getByAddress(inOrder);
    }
}
