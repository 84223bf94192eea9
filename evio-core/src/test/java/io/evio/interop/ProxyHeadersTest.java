package io.evio.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.PollerType;
import io.evio.ProxyHeaders;
import io.evio.ProxyInfo;
import io.evio.ProxyProtocol;
import io.evio.testing.Connections;
import io.evio.testing.Eventually;
import io.evio.testing.FreePort;
import io.evio.testing.Programs;
import io.evio.testing.TestHandler;
import io.evio.testing.WithoutLayer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The PROXY headers of HAProxy and nginx. */
@WithoutLayer("A connection begins with its header, which is read as it is")
class ProxyHeadersTest extends InteropTest {

    private final Connections accepted = new Connections();
    private final TestHandler handler = TestHandler.echo().onOpened(accepted);

    private EvioServer server(String address) throws Exception {
        EvioServer.Builder builder = EvioServer.builder()
                .poller(PollerType.of(poller))
                .name("test")
                .handler(handler)
                .addresses(address)
                .proxyProtocol(ProxyHeaders.from("127.0.0.1", "unix"));
        return start(address.contains("tls") ? builder.tls(tls()) : builder);
    }

    /** Returns where a proxy reaches the server. */
    private static String place(EvioServer server) {
        return server.addresses().get(0).isUnix()
                ? "unix:" + server.addresses().get(0).path()
                : target(server);
    }

    /** HAProxy in front of the server; returns its port. */
    private int haproxy(EvioServer server, String bindOptions, String serverOptions) throws IOException {
        Programs.require("haproxy", "haproxy");
        int port = FreePort.find();
        Path file = folder.resolve("haproxy.cfg");
        Files.writeString(
                file, """
                global
                    ssl-server-verify none
                defaults
                    mode tcp
                    timeout connect 10s
                    timeout client 10s
                    timeout server 10s
                listen front
                    bind 127.0.0.1:%d %s
                    unique-id-format id-%%pid-%%rt
                    server evio %s %s
                """.formatted(port, bindOptions, place(server).replace("unix:", "unix@"), serverOptions));
        awaitPort(program("haproxy", "-db", "-f", file.toString()), port);
        return port;
    }

    private int nginx(EvioServer server, String more) throws IOException {
        Programs.require("nginx", "nginx");
        int port = FreePort.find();
        Path file = folder.resolve("nginx.conf");
        Files.writeString(file, """
                load_module /usr/lib/nginx/modules/ngx_stream_module.so;
                daemon off;
                master_process off;
                pid %1$s/nginx.pid;
                error_log stderr;
                events { }
                stream {
                    server {
                        listen 127.0.0.1:%2$d;
                        proxy_pass %3$s;
                        proxy_protocol on;
                        %4$s
                    }
                }
                """.formatted(folder, port, place(server), more));
        awaitPort(program("nginx", "-e", "stderr", "-p", folder.toString(), "-c", file.toString()), port);
        return port;
    }

    /** Each of its looks is a connection that the proxy passes on. */
    private void awaitPort(Program program, int port) {
        Eventually.isTrue("connections to " + program, () -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                return socket.isConnected();
            } catch (IOException e) {
                return false;
            }
        });
    }

    private static void requireEcho(Socket socket) throws IOException {
        socket.getOutputStream().write("ping".getBytes(StandardCharsets.US_ASCII));
        assertThat(socket.getInputStream().readNBytes(4)).asString().isEqualTo("ping");
    }

    /** The connection of this client, of all that have come. */
    private Connection connectionOf(Socket client) throws InterruptedException {
        Connection connection = accepted.next();
        while (!client.getLocalSocketAddress().equals(connection.remoteAddress())) {
            connection = accepted.next();
        }
        return connection;
    }

    @ParameterizedTest
    @CsvSource({
        "send-proxy,                                      proxy+tcp://127.0.0.1:0",
        "send-proxy-v2,                                   proxy+tcp://127.0.0.1:0",
        "send-proxy-v2-ssl,                               proxy+tcp://127.0.0.1:0",
        "send-proxy-v2-ssl-cn,                            proxy+tcp://127.0.0.1:0",
        "'send-proxy-v2 proxy-v2-options crc32c,unique-id', proxy+tcp://127.0.0.1:0",
        "send-proxy ssl,                                  proxy+tls://127.0.0.1:0",
        "send-proxy-v2 ssl,                               proxy+tls://127.0.0.1:0",
        "send-proxy,                                      proxy+unix",
        "send-proxy-v2,                                   proxy+unix",
    })
    void haproxyTellsItsClients(String options, String address) throws Exception {
        EvioServer server = server(address.endsWith("unix") ? "proxy+unix://" + folder.resolve("e.sock") : address);
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), haproxy(server, "", options))) {
            requireEcho(client);
            Connection connection = connectionOf(client);
            assertThat(connection.localAddress()).isEqualTo(client.getRemoteSocketAddress());
            ProxyInfo proxy = connection.proxy();
            assertThat(proxy.version()).isEqualTo(options.contains("v2") ? ProxyProtocol.V2 : ProxyProtocol.V1);
            assertThat(proxy.command()).isEqualTo(ProxyInfo.Command.PROXY);
            if (!server.addresses().get(0).isUnix()) {
                assertThat(proxy.realRemoteAddress()).isInstanceOfSatisfying(InetSocketAddress.class, real -> {
                    assertThat(real.getAddress().isLoopbackAddress()).isTrue();
                    assertThat(real).isNotEqualTo(connection.remoteAddress());
                });
            }
            if (options.contains("unique-id")) {
                assertThat(proxy.uniqueId()).asString(StandardCharsets.US_ASCII).startsWith("id-");
                assertThat(proxy.tlv(0x03)).hasSize(4);
            }
            if (options.contains("ssl-cn") || options.endsWith("v2-ssl")) {
                assertThat(proxy.ssl().isTls()).as("the client speaks none").isFalse();
            }
        }
        Eventually.isTrue("no more to come", () -> server.stats().connectionsActive() == 0);
        assertThat(server.stats().proxyErrors()).isZero();
    }

    @Test
    void haproxyTellsHowItsClientsSpeakTls() throws Exception {
        EvioServer server = server("proxy+tcp://127.0.0.1:0");
        Path pair = folder.resolve("server.pair");
        Files.writeString(
                pair,
                Files.readString(Path.of(keys.certificate("server"))) + Files.readString(Path.of(keys.key("server"))));
        int port = haproxy(
                server,
                "ssl crt " + pair + " alpn h2,echo/1 ca-file " + keys.certificate("ca") + " verify optional",
                "send-proxy-v2-ssl-cn proxy-v2-options ssl,cert-cn,ssl-cipher,cert-sig,cert-key,authority,crc32c");
        try (SSLSocket client =
                (SSLSocket) keys.context("client").getSocketFactory().createSocket("127.0.0.1", port)) {
            SSLParameters parameters = client.getSSLParameters();
            parameters.setServerNames(List.of(new SNIHostName("localhost")));
            parameters.setApplicationProtocols(new String[] {"echo/1"});
            client.setSSLParameters(parameters);
            requireEcho(client);
            ProxyInfo proxy = connectionOf(client).proxy();
            assertThat(proxy.authority()).isEqualTo("localhost");
            assertThat(proxy.alpn()).isEqualTo("echo/1");
            ProxyInfo.Ssl ssl = proxy.ssl();
            assertThat(ssl.isTls()).isTrue();
            assertThat(ssl.hasClientCertificate()).isTrue();
            assertThat(ssl.isVerified()).isTrue();
            assertThat(ssl.commonName()).isEqualTo("client");
            assertThat(ssl.version()).isEqualTo("TLSv1.3");
            assertThat(ssl.cipher()).isEqualTo(client.getSession().getCipherSuite());
            assertThat(ssl.keyAlgorithm()).isEqualTo("EC256");
            assertThat(ssl.signatureAlgorithm()).startsWith("ecdsa-with-SHA");
        }
        assertThat(server.stats().proxyErrors()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"send-proxy", "send-proxy-v2"})
    void haproxysChecksAreItsOwn(String options) throws Exception {
        EvioServer server = server("proxy+tcp://127.0.0.1:0");
        haproxy(server, "", options + " check check-send-proxy inter 50ms");
        List<Connection> checks = new ArrayList<>();
        while (checks.size() < 3) {
            Connection connection = accepted.next();
            if (connection.remoteAddress().equals(connection.proxy().realRemoteAddress())) {
                checks.add(connection);
            }
        }
        // Version 1 has no command of its own for them: the proxy names itself as the client.
        assertThat(checks)
                .allSatisfy(check -> assertThat(check.proxy().command())
                        .isEqualTo(options.endsWith("v2") ? ProxyInfo.Command.LOCAL : ProxyInfo.Command.PROXY));
        assertThat(server.stats().proxyErrors()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"proxy+tcp://127.0.0.1:0", "proxy+tls://127.0.0.1:0", "proxy+unix"})
    void nginxTellsItsClients(String address) throws Exception {
        EvioServer server = server(address.endsWith("unix") ? "proxy+unix://" + folder.resolve("e.sock") : address);
        int port = nginx(server, address.contains("tls") ? "proxy_ssl on;" : "");
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            requireEcho(client);
            Connection connection = connectionOf(client);
            assertThat(connection.localAddress()).isEqualTo(client.getRemoteSocketAddress());
            assertThat(connection.proxy().version()).isEqualTo(ProxyProtocol.V1);
        }
        assertThat(server.stats().proxyErrors()).isZero();
    }
}
