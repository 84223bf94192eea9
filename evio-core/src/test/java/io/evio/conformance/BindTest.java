package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.Address;
import io.evio.EvioBindException;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Descriptors;
import io.evio.testing.EveryTransport;
import io.evio.testing.FreePort;
import io.evio.testing.TestHandler;
import io.evio.testing.ThreadCredentials;
import io.evio.testing.Transport;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Binding: what the server then says of its addresses, and why it could not, by name. */
class BindTest extends ConformanceTest {

    /** Starts a server that must fail to, and leave nothing open. */
    private EvioBindException refusal(String... addresses) throws Exception {
        EvioServer server =
                stopAfterwards(builder(TestHandler.echo(), addresses).build());
        int before = Descriptors.countOfServers();
        long loopsBefore = loops();
        EvioBindException failure = catchThrowableOfType(EvioBindException.class, server::start);
        assertThat(failure).as("the start has to fail").isNotNull();
        // The one who has the path may be about to close the connection by which nio has asked for it.
        Descriptors.areAtMost(before);
        assertThat(server.isRunning()).isFalse();
        assertThat(loops()).as("loop threads").isEqualTo(loopsBefore);
        return failure;
    }

    private static long loops() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().equals("evio-test"))
                .count();
    }

    private static void assertEchoes(Client client) throws IOException {
        assertThat(client.send("ping").read(4)).isEqualTo("ping");
    }

    @EveryTransport
    void addressInUseIsRefusedByName(Transport transport) throws Exception {
        EvioServer first = start(TestHandler.echo(), transport.address(folder));
        String address = first.addresses().get(0).toString();
        EvioBindException failure = refusal(address);
        assertThat(failure.errno()).isEqualTo("EADDRINUSE");
        assertThat(failure.address()).isEqualTo(address);
        assertThat(failure)
                .hasMessageContaining("Cannot listen on " + address)
                .hasMessageContaining(transport.isTcp() ? "is in use" : "another server listens on this socket");
        assertEchoes(connect(first));
    }

    @Test
    void addressInUseByAnotherProgramIsRefused() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            EvioBindException failure = refusal("tcp://127.0.0.1:" + other.getLocalPort());
            assertThat(failure.errno()).isEqualTo("EADDRINUSE");
        }
    }

    @Test
    void privilegedPortIsRefusedByName() throws Exception {
        int first = Integer.parseInt(Files.readAllLines(Path.of("/proc/sys/net/ipv4/ip_unprivileged_port_start"))
                .get(0));
        assumeTrue(first > 1, "no port of this machine needs a privilege");
        EvioBindException failure = ThreadCredentials.withoutPrivileges(() -> refusal("tcp://127.0.0.1:1"));
        assertThat(failure.errno()).isEqualTo("EACCES");
        assertThat(failure).hasMessageContaining("permission denied").hasMessageContaining("CAP_NET_BIND_SERVICE");
    }

    @Test
    void folderWithoutWritePermissionIsRefusedByName() throws Exception {
        Path locked = Files.createDirectory(folder.resolve("locked"));
        Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        EvioBindException failure = ThreadCredentials.withoutPrivileges(() -> refusal("unix://" + locked.resolve("s")));
        assertThat(failure.errno()).isEqualTo("EACCES");
        assertThat(failure).hasMessageContaining("permission denied").hasMessageContaining("directory");
    }

    @Test
    void addressOfAnotherMachineIsRefusedByName() throws Exception {
        EvioBindException failure = refusal("tcp://192.0.2.1:0");
        assertThat(failure.errno()).isEqualTo("EADDRNOTAVAIL");
        assertThat(failure).hasMessageContaining("tcp://192.0.2.1:0").hasMessageContaining("no interface");
    }

    @Test
    void unknownHostIsRefusedByName() throws Exception {
        EvioBindException failure = refusal("tcp://no-such-host.invalid:0");
        assertThat(failure.errno()).isNull();
        assertThat(failure)
                .hasMessageContaining("tcp://no-such-host.invalid:0")
                .hasMessageContaining("cannot be resolved")
                .hasCauseInstanceOf(UnknownHostException.class);
    }

    @Test
    void hostWithoutAnAddressOfTheFamilyIsRefused() throws Exception {
        assertThat(refusal("tcp6://127.0.0.1:0")).hasMessageContaining("no IPv6 address");
        assertThat(refusal("tcp4://[::1]:0")).hasMessageContaining("no IPv4 address");
    }

    /** A path of this many bytes. */
    private String pathOf(int length) {
        String start = folder.resolve("").toAbsolutePath() + "/";
        return start + "p".repeat(length - start.length());
    }

    @Test
    void pathThatIsTooLongIsRefusedByName() throws Exception {
        int longest = isNio() ? 106 : 107; // the JDK keeps one more byte for itself
        start(TestHandler.echo(), "unix://" + pathOf(longest));
        assertThat(Path.of(pathOf(longest))).exists();
        EvioBindException failure = refusal("unix://" + pathOf(longest + 1));
        assertThat(failure.errno()).isEqualTo("ENAMETOOLONG");
        assertThat(failure).hasMessageContaining("at most " + longest + " bytes");
    }

    @Test
    void missingFolderIsRefusedByName() throws Exception {
        EvioBindException failure = refusal("unix://" + folder.resolve("missing/s"));
        assertThat(failure.errno()).isEqualTo("ENOENT");
        assertThat(failure).hasMessageContaining("does not exist");
    }

    @Test
    void pathThroughAFileIsRefusedByName() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        EvioBindException failure = refusal("unix://" + file.resolve("s"));
        assertThat(failure.errno()).isEqualTo("ENOTDIR");
        assertThat(failure).hasMessageContaining("no directory");
    }

    @Test
    void whatIsSaidIsAlsoThereInParts() throws Exception {
        EvioBindException failure = refusal("tcp://192.0.2.1:0");
        assertThat(failure.reason()).isEqualTo("no interface of this machine has this address");
        assertThat(failure.advice()).isEqualTo("Use one that it has, or no host for all of them");
        assertThat(failure)
                .hasMessage("Cannot listen on tcp://192.0.2.1:0: " + failure.reason() + " (EADDRNOTAVAIL). "
                        + failure.advice());
    }

    @Test
    void failureOfOneAddressFreesTheOthers() throws Exception {
        int port = FreePort.find();
        Path path = folder.resolve("s");
        EvioBindException failure =
                refusal("tcp://127.0.0.1:" + port, "unix://" + path, "tcp://192.0.2.1:0", "tcp://127.0.0.1:0");
        assertThat(failure.address()).isEqualTo("tcp://192.0.2.1:0");
        assertThat(path).doesNotExist();
        EvioServer later = start(TestHandler.echo(), "tcp://127.0.0.1:" + port, "unix://" + path);
        for (Address address : later.addresses()) {
            assertEchoes(connect(address));
        }
    }

    /** An address that is the same only once names are looked up and families known is nobody else's either. */
    @ParameterizedTest
    @CsvSource({
        "tcp://127.0.0.1, tcp4://localhost",
        "tcp4://localhost, tcp://127.0.0.1",
        "tcp4://, tcp://127.0.0.1",
        "tcp://127.0.0.1, tcp4://",
        "tcp://, tcp4://",
        "tcp://, tcp://[::1]"
    })
    void clashWithAnAddressOfTheSameServerIsCalledThat(String first, String second) throws Exception {
        if (second.contains("[")) {
            Transport.TCP6.address(folder);
        }
        int port = FreePort.find();
        EvioBindException failure =
                refusal("unix://" + folder.resolve("s"), first + ":" + port, "tcp://:0", second + ":" + port);
        assertThat(failure)
                .hasMessage(
                        "Cannot listen on " + second + ":" + port + ": address 2 of this server, " + first + ":" + port
                                + ", has this port already (EADDRINUSE). Leave one of the two out or choose another"
                                + " port");
    }

    /** Another server is blamed for what it has, also when the port is one of ours elsewhere. */
    @Test
    void portOfAnotherServerIsNotCalledOurs() throws Exception {
        try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.2"))) {
            int port = other.getLocalPort();
            assertThat(refusal("tcp://127.0.0.1:" + port, "tcp://127.0.0.2:" + port))
                    .hasMessageContaining("tcp://127.0.0.2:" + port + ": the address is in use (EADDRINUSE)");
        }
    }

    @Test
    void addressesHaveTheRealPortsWhileTheServerRuns() throws Exception {
        TestHandler handler = TestHandler.echo();
        Path path = folder.resolve("s");
        EvioServer server =
                stopAfterwards(builder(handler, "tcp://127.0.0.1:0", "localhost:0", "unix://" + path, "tcp4://:0")
                        .build());
        assertThat(server.addresses())
                .map(Address::toString)
                .containsExactly("tcp://127.0.0.1:0", "tcp://localhost:0", "unix://" + path, "tcp4://:0");
        server.start();
        List<Address> bound = server.addresses();
        assertThat(bound).map(Address::port).doesNotHaveDuplicates();
        for (int i = 0; i < bound.size(); i++) {
            Address address = bound.get(i);
            assertThat(address.isUnix() || address.port() > 0).isTrue();
            assertEchoes(connect(address));
            long id = i + 1L;
            handler.await("data", event -> event.id() == id);
        }
        assertThat(bound.get(0)).hasToString("tcp://127.0.0.1:" + bound.get(0).port());
        assertThat(bound.get(2)).hasToString("unix://" + path);
    }

    private static boolean connects(String host, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getByName(host), port), 5000);
            return true;
        } catch (ConnectException e) {
            return false;
        }
    }

    @Test
    void everyInterfaceMeansBothFamiliesUnlessOneIsNamed() throws Exception {
        Transport.TCP6.address(folder);
        // With nio there is no socket for every IPv6 interface alone, see the refusal below.
        String six = isNio() ? "tcp6://[::1]:0" : "tcp6://:0";
        EvioServer server = start(TestHandler.echo(), "tcp://:0", "tcp4://:0", six, "tcp6://[::1]:0");
        int[] ports = server.addresses().stream().mapToInt(Address::port).toArray();
        assertThat(connects("127.0.0.1", ports[0])).isTrue();
        assertThat(connects("::1", ports[0])).isTrue();
        assertThat(connects("127.0.0.1", ports[1])).isTrue();
        assertThat(connects("::1", ports[1])).isFalse();
        assertThat(connects("127.0.0.1", ports[2])).isFalse();
        assertThat(connects("::1", ports[2])).isTrue();
        assertThat(connects("127.0.0.1", ports[3])).isFalse();
        assertThat(connects("::1", ports[3])).isTrue();
    }

    /** Java has no IPV6_V6ONLY: what cannot be kept is refused, not left out. */
    @Test
    void nioRefusesEveryIpv6InterfaceAlone() throws Exception {
        assumeTrue(isNio(), "the others keep IPv4 out");
        Transport.TCP6.address(folder);
        EvioBindException failure = refusal("tcp6://:0");
        assertThat(failure.reason()).contains("nio cannot keep IPv4 out of a socket for every interface");
        assertThat(failure.advice()).contains("Use tcp:// for both families, or the address of one interface");
    }

    @Test
    void bothFamiliesMayHaveTheSamePortApart() throws Exception {
        Transport.TCP6.address(folder);
        EvioServer six = start(TestHandler.echo(), isNio() ? "tcp6://[::1]:0" : "tcp6://:0");
        int port = six.addresses().get(0).port();
        EvioServer four = start(TestHandler.echo(), "tcp4://:" + port);
        assertEchoes(connect(six));
        assertEchoes(connect(four));
    }
}
