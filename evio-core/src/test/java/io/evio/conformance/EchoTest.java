package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;

/** The shortest of servers. */
class EchoTest extends ConformanceTest {

    @EveryTransport
    void everyByteComesBack(Transport transport) throws IOException {
        EvioServer server = start(TestHandler.echo(), transport.address(folder));
        assertThat(server.poller().id()).isEqualTo(poller);
        Client client = connect(server);
        client.send("hello");
        assertThat(client.read(5)).isEqualTo("hello");
        client.shutdownOutput();
        assertThat(client.readToEnd()).isEmpty();
    }
}
