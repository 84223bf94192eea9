package io.evio.interop;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.ClientAuth;
import io.evio.EvioServer;
import io.evio.testing.Eventually;
import io.evio.testing.Programs;
import io.evio.testing.TestHandler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Node's modules {@code tls} and {@code https}. */
class NodeTest extends InteropTest {

    @BeforeEach
    void require() {
        Programs.require("node", "nodejs");
    }

    /** Runs a script to its end, in which {@code options} are those of {@code tls.connect}; returns its output. */
    private String node(EvioServer server, String script) throws IOException, InterruptedException {
        Path file = folder.resolve("client.js");
        Files.writeString(
                file,
                """
                const tls = require('tls'), https = require('https'), fs = require('fs');
                const options = {host: '127.0.0.1', port: %d, servername: 'localhost', ca: fs.readFileSync('%s')};
                const client = {cert: fs.readFileSync('%s'), key: fs.readFileSync('%s')};
                """.formatted(port(server), keys.certificate("ca"), keys.certificate("client"), keys.key("client"))
                        + script);
        return Program.run("node", file.toString());
    }

    /** Each side ends for itself: what the server sends after the client's end still comes. */
    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void sendsAndReceivesMuch(String version) throws Exception {
        EvioServer server = start(TestHandler.echo().withoutLog(), tls());
        String output = node(server, """
                const sent = Buffer.alloc(5000000);
                for (let i = 0; i < sent.length; i++) sent[i] = i * 7 + (i >> 9);
                const parts = [];
                let length = 0;
                const version = {minVersion: '%1$s', maxVersion: '%1$s'};
                const socket = tls.connect({...options, ...version}, () => socket.write(sent));
                socket.on('data', part => {
                    parts.push(part);
                    length += part.length;
                    if (length === sent.length) socket.end();
                });
                socket.on('end', () => console.log(
                    'same', Buffer.concat(parts).equals(sent), socket.getProtocol(), socket.authorized));
                """.formatted(version));
        assertThat(output).isEqualTo("same true " + version + " true\n");
        Eventually.isTrue("the end", () -> server.stats().connectionsClosed() == 1);
        assertThat(server.stats().tlsActive()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
    void resumesASession(String version) throws Exception {
        EvioServer server = start(TestHandler.echo(), tls());
        String output = node(server, """
                let session;
                const connect = then => {
                    const socket = tls.connect({...options, session, minVersion: '%1$s', maxVersion: '%1$s'});
                    socket.on('session', made => session = made);
                    socket.on('secureConnect', () => socket.write('hello'));
                    socket.on('data', () => { console.log(socket.isSessionReused()); socket.end(); });
                    socket.on('close', then);
                };
                connect(() => connect(() => {}));
                """.formatted(version));
        assertThat(output).isEqualTo("false\ntrue\n");
        assertThat(server.stats().tlsResumed()).isEqualTo(1);
    }

    @Test
    void agreesOnAnApplicationProtocol() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().alpn("http/1.1"));
        String output = node(server, """
                const socket = tls.connect({...options, ALPNProtocols: ['h2', 'http/1.1']}, () => {
                    console.log(socket.alpnProtocol);
                    socket.end();
                });
                """);
        assertThat(output).isEqualTo("http/1.1\n");
    }

    @Test
    void isToldThatNoApplicationProtocolFits() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().alpn("http/1.1"));
        String output = node(server, """
                tls.connect({...options, ALPNProtocols: ['h2']}).on('error', e => console.log(e.message));
                """);
        assertThat(output).contains("no application protocol");
    }

    @Test
    void getsTheCertificateOfTheNameItAsksFor() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().serverName("alt.example.com", keys.context("alt")));
        String output = node(server, """
                const socket = tls.connect({...options, servername: 'alt.example.com'}, () => {
                    console.log(socket.getPeerCertificate().subject.CN, socket.authorized);
                    socket.end();
                });
                """);
        assertThat(output).isEqualTo("alt true\n");
    }

    @Test
    void showsItsCertificate() throws Exception {
        EvioServer server = start(TestHandler.echo(), tls().clientAuth(ClientAuth.NEED));
        String output = node(server, """
                const socket = tls.connect({...options, ...client}, () => socket.write('hello'));
                socket.on('data', data => { console.log(data.toString()); socket.end(); });
                socket.on('close', () => {
                    const without = tls.connect(options);
                    without.on('error', e => console.log(e.message));
                });
                """);
        assertThat(output).startsWith("hello\n").contains("alert");
        Eventually.isTrue("the failure", () -> server.stats().tlsHandshakeErrors() == 1);
    }

    @Test
    void closesAtOnce() throws Exception {
        byte[] farewell = "farewell".getBytes(StandardCharsets.ISO_8859_1);
        EvioServer server = start(
                new TestHandler().onOpened((connection, out) -> {
                    out.write(farewell);
                    return Action.CLOSE;
                }),
                tls());
        String output = node(server, """
                const socket = tls.connect(options);
                socket.on('data', data => console.log(data.toString()));
                socket.on('end', () => console.log('end'));
                socket.on('error', e => console.log(e.message));
                """);
        assertThat(output).isEqualTo("farewell\nend\n");
    }

    /** Eight connections that are kept, and a hundred requests over them. */
    @Test
    void getsPages() throws Exception {
        EvioServer server = start(pages(), tls().alpn("http/1.1"));
        String output = node(server, """
                const agent = new https.Agent({keepAlive: true, maxSockets: 8});
                let open = 100, sum = 0;
                for (let i = 0; i < 100; i++) {
                    https.get({...options, agent, path: '/' + (i * 1000 + 1)}, reply => {
                        reply.on('data', part => sum += part.length);
                        reply.on('end', () => { if (--open === 0) { console.log(sum); agent.destroy(); } });
                    });
                }
                """);
        assertThat(output).isEqualTo((100 * 99 / 2 * 1000 + 100) + "\n");
        assertThat(server.stats().tlsHandshakes()).isEqualTo(8);
    }
}
