package io.evio.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Address;
import io.evio.ClientAuth;
import io.evio.EvioHandler;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.Eventually;
import io.evio.testing.PatternBytes;
import io.evio.testing.Programs;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** nginx and HAProxy, which take plain connections of a unix socket and pass them on with TLS. */
class ProxiesTest extends InteropTest {

    /** A proxy, and the level on which it works. */
    enum Proxy {
        NGINX_HTTP,
        NGINX_STREAM,
        HAPROXY_HTTP,
        HAPROXY_TCP;

        boolean isNginx() {
            return this == NGINX_HTTP || this == NGINX_STREAM;
        }

        boolean isHttp() {
            return this == NGINX_HTTP || this == HAPROXY_HTTP;
        }
    }

    private Path socket() {
        return folder.resolve("proxy.sock");
    }

    /** A server that the proxy has to show a certificate, and the proxy, which takes connections. */
    private EvioServer start(Proxy proxy, EvioHandler handler, String version)
            throws IOException, GeneralSecurityException {
        EvioServer server =
                start(handler, tls().clientAuth(ClientAuth.NEED).serverName("localhost", keys.context("server")));
        if (proxy.isNginx()) {
            startNginx(proxy, server, version);
        } else {
            startHaproxy(proxy, server, version);
        }
        return server;
    }

    private void startNginx(Proxy proxy, EvioServer server, String version) throws IOException {
        Programs.require("nginx", "nginx");
        String settings =
                """
                        proxy_ssl_protocols TLSv%s;
                        proxy_ssl_verify on;
                        proxy_ssl_trusted_certificate %s;
                        proxy_ssl_certificate %s;
                        proxy_ssl_certificate_key %s;
                        proxy_ssl_server_name on;
                        proxy_ssl_name localhost;
                """.formatted(version, keys.certificate("ca"), keys.certificate("client"), keys.key("client"));
        String http = """
                http {
                    access_log off;
                    client_body_temp_path %1$s/body;
                    proxy_temp_path %1$s/proxy;
                    fastcgi_temp_path %1$s/fastcgi;
                    uwsgi_temp_path %1$s/uwsgi;
                    scgi_temp_path %1$s/scgi;
                    upstream pages {
                        server 127.0.0.1:%2$d;
                        keepalive 4;
                    }
                    server {
                        listen unix:%3$s;
                        location / {
                            proxy_pass https://pages;
                            proxy_http_version 1.1;
                            proxy_set_header Connection "";
                %4$s
                        }
                    }
                }
                """.formatted(folder, port(server), socket(), settings);
        String stream = """
                stream {
                    server {
                        listen unix:%s;
                        proxy_pass 127.0.0.1:%d;
                        proxy_ssl on;
                %s
                    }
                }
                """.formatted(socket(), port(server), settings);
        Path file = folder.resolve("nginx.conf");
        Files.writeString(file, """
                load_module /usr/lib/nginx/modules/ngx_stream_module.so;
                daemon off;
                master_process off;
                pid %1$s/nginx.pid;
                error_log stderr;
                events { }
                """.formatted(folder) + (proxy.isHttp() ? http : stream));
        awaitProxy(program("nginx", "-e", "stderr", "-p", folder.toString(), "-c", file.toString()));
    }

    private void startHaproxy(Proxy proxy, EvioServer server, String version) throws IOException {
        Programs.require("haproxy", "haproxy");
        Path pair = folder.resolve("client.pair");
        Files.writeString(
                pair,
                Files.readString(Path.of(keys.certificate("client"))) + Files.readString(Path.of(keys.key("client"))));
        Path file = folder.resolve("haproxy.cfg");
        Files.writeString(file, """
                global
                    ssl-server-verify required
                defaults
                    mode %s
                    timeout connect 10s
                    timeout client 10s
                    timeout server 10s
                    timeout tunnel 10s
                listen pages
                    bind unix@%s
                    server evio 127.0.0.1:%d ssl ssl-min-ver TLSv%5$s ssl-max-ver TLSv%5$s ca-file %4$s crt %6$s \
                sni str(localhost) verifyhost localhost check inter 5s
                """.formatted(
                proxy.isHttp() ? "http" : "tcp", socket(), port(server), keys.certificate("ca"), version, pair));
        awaitProxy(program("haproxy", "-db", "-f", file.toString()));
    }

    private void awaitProxy(Program program) {
        Eventually.isTrue("connections to " + program, () -> {
            try (Client client = Client.connect(Address.parse("unix://" + socket()))) {
                return client.channel().isConnected();
            } catch (IOException e) {
                return false;
            }
        });
    }

    private Client connect() throws IOException {
        return connect(Address.parse("unix://" + socket()));
    }

    @ParameterizedTest
    @CsvSource({"NGINX_STREAM, 1.2", "NGINX_STREAM, 1.3", "HAPROXY_TCP, 1.2", "HAPROXY_TCP, 1.3"})
    void passConnectionsOn(Proxy proxy, String version) throws Exception {
        EvioServer server = start(proxy, TestHandler.echo().withoutLog(), version);
        Client client = connect();
        byte[] sent = PatternBytes.bytes(0, 3_000_000);
        CompletableFuture<Client> sending = CompletableFuture.supplyAsync(() -> {
            try {
                return client.send(sent);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertThat(client.readBytes(sent.length)).isEqualTo(sent);
        sending.join();
        client.shutdownOutput();
        assertThat(client.readToEnd()).isEmpty();
        Eventually.isTrue("the end", () -> server.stats().tlsActive() == 0);
    }

    @ParameterizedTest
    @CsvSource({"NGINX_HTTP, 1.2", "NGINX_HTTP, 1.3", "HAPROXY_HTTP, 1.2", "HAPROXY_HTTP, 1.3"})
    void passRequestsOn(Proxy proxy, String version) throws Exception {
        EvioServer server = start(proxy, pages(), version);
        for (int size : new int[] {0, 100, 20_000, 2_000_000}) {
            for (int i = 0; i < 3; i++) {
                Client client = connect();
                client.send("GET /" + size + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
                String reply = client.readToEnd();
                assertThat(reply).startsWith("HTTP/1.1 200 OK\r\n");
                assertThat(reply.length() - reply.indexOf("\r\n\r\n") - 4).isEqualTo(size);
            }
        }
        assertThat(server.stats().tlsHandshakes()).isPositive();
    }
}
