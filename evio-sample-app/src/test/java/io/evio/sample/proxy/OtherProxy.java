package io.evio.sample.proxy;

import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.FreePort;
import io.evio.sample.testing.Programs;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** HAProxy or nginx, as a proxy before the same server, as people configure them. */
final class OtherProxy implements AutoCloseable {

    private static final String HAPROXY = """
            defaults
                mode http
                timeout connect 2s
                timeout client 3s
                timeout server 3s
            frontend front
                bind 127.0.0.1:%d
                option forwardfor
                default_backend back
            backend back
                http-reuse never
                server one 127.0.0.1:%d
            """;

    private static final String NGINX = """
            daemon off;
            error_log stderr crit;
            pid %1$s/nginx.pid;
            events {}
            http {
                access_log off;
                client_body_temp_path %1$s/a;
                proxy_temp_path %1$s/b;
                fastcgi_temp_path %1$s/c;
                uwsgi_temp_path %1$s/d;
                scgi_temp_path %1$s/e;
                map $http_upgrade $with_upgrade {
                    default upgrade;
                    '' '';
                }
                server {
                    listen 127.0.0.1:%2$d;
                    location / {
                        proxy_pass http://127.0.0.1:%3$d;
                        proxy_http_version 1.1;
                        proxy_set_header Host $http_host;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection $with_upgrade;
                        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
                        proxy_request_buffering off;
                        proxy_read_timeout 3s;
                    }
                }
            }
            """;

    private final Process process;
    private final int port;

    private OtherProxy(int port, Path folder, String... command) throws IOException {
        this.port = port;
        process = new ProcessBuilder(List.of(command))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve(port + ".log").toFile())
                .start();
        await().until(() -> accepts(port) || !process.isAlive());
        if (!process.isAlive()) {
            throw new IOException(Files.readString(folder.resolve(port + ".log")));
        }
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    static OtherProxy haproxy(Path folder, int target) throws IOException {
        String program = Programs.required("haproxy", "haproxy");
        int port = FreePort.find();
        Path config = Files.writeString(folder.resolve("haproxy.cfg"), HAPROXY.formatted(port, target));
        return new OtherProxy(port, folder, program, "-db", "-f", config.toString());
    }

    static OtherProxy nginx(Path folder, int target) throws IOException {
        String program = Programs.required("nginx", "nginx");
        int port = FreePort.find();
        Path config = Files.writeString(folder.resolve("nginx.conf"), NGINX.formatted(folder, port, target));
        return new OtherProxy(port, folder, program, "-c", config.toString(), "-e", "stderr");
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        process.onExit().join();
    }
}
