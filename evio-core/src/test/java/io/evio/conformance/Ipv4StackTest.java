package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.testing.ChildServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Transport;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM that was asked to keep off IPv6. */
class Ipv4StackTest extends ConformanceTest {

    @BeforeEach
    void requireIpv6() {
        Transport.TCP6.address(folder);
    }

    private ChildServer child(String address, String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("-Dchild.address=" + address);
        return closeAfterwards(ChildServer.start(List.of(), all, poller, "echo"));
    }

    /** Returns whether a socket of IPv6 listens on the port. */
    private static boolean listensOnIpv6(int port) throws IOException {
        return Files.readAllLines(Path.of("/proc/net/tcp6")).stream()
                .anyMatch(line -> line.matches(String.format(" *\\d+: \\p{XDigit}{32}:%04X 0{32}:0000 0A .*", port)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tcp://:0", "*:0"})
    void everyInterfaceIsThatOfIpv4(String address) throws Exception {
        ChildServer child = child(address, "-Djava.net.preferIPv4Stack=true");
        int port = child.address().port();
        try (Client client = Client.connect(child.address())) {
            assertThat(client.send("ping").read(4)).isEqualTo("ping");
        }
        assertThatThrownBy(() -> new Socket(InetAddress.getByName("::1"), port).close())
                .isInstanceOf(ConnectException.class);
        assertThat(listensOnIpv6(port)).isFalse();
    }

    @Test
    void everyInterfaceIsThatOfBothOtherwise() throws Exception {
        ChildServer child = child("tcp://:0", "-Djava.net.preferIPv4Stack=false");
        int port = child.address().port();
        new Socket(InetAddress.getByName("::1"), port).close();
        assertThat(listensOnIpv6(port)).isTrue();
    }

    /** Of all pollers, because that of Java cannot. */
    @ParameterizedTest
    @ValueSource(strings = {"tcp6://:0", "tcp6://[::1]:0", "tcp://[::1]:0"})
    void ipv6AddressIsRefusedByTheOption(String address) throws Exception {
        assertThatThrownBy(() -> child(address, "-Djava.net.preferIPv4Stack=true"))
                .hasMessageContaining("Cannot listen on " + address + ": it is an IPv6 address, and"
                        + " -Djava.net.preferIPv4Stack=true keeps this JVM off IPv6. Start it without that or"
                        + " use tcp4://");
    }
}
