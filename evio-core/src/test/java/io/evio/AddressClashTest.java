package io.evio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same address twice in one server, however it is written. */
class AddressClashTest {

    @TempDir
    private Path folder;

    private static void assertSame(String one, String other) {
        assertThatIllegalArgumentException()
                .isThrownBy(
                        () -> EvioServer.builder().addresses("tcp://127.0.0.1:1", one, "unix:///tmp/between", other))
                .withMessage("Address 4, " + Address.parse(other) + ", is the same as address 2, " + Address.parse(one)
                        + ". Leave one of them out");
    }

    private static void assertDifferent(String one, String other) {
        EvioServer server = EvioServer.builder()
                .handler(new EvioHandler() {})
                .addresses(one)
                .addresses(other)
                .build();
        assertThat(server.addresses()).isEqualTo(List.of(Address.parse(one), Address.parse(other)));
    }

    @ParameterizedTest
    @CsvSource({
        "tcp://:5000,                tcp://:5000",
        "tcp://:5000,                :5000",
        "tcp://:5000,                *:5000",
        "tcp://:5000,                tcp://[::]:5000",
        "tcp://:5000,                :05000",
        "tcp4://:5000,               tcp://0.0.0.0:5000",
        "tcp6://:5000,               tcp6://[0::0]:5000",
        "tcp://localhost:5000,       LOCALHOST:5000",
        "tcp://10.0.0.1:5000,        tcp4://10.0.0.1:5000",
        "tcp://10.0.0.1:5000,        tcp://[::ffff:10.0.0.1]:5000",
        "tcp://[::1]:5000,           tcp6://[0:0:0:0:0:0:0:1]:5000",
        "tcp://[2001:db8::A]:5000,   tcp://[2001:0db8::a]:5000",
        "unix:///run/x.sock,         unix:///run/x.sock",
        "unix:///run/../run/x.sock,  unix:///run//x.sock",
        "unix:///no/./such/x,        unix:///no/such/x",
        "unix://x.sock,              unix://./x.sock",
        "unix://@name,               UNIX://@name",
    })
    void theSameTwiceIsRefusedByItsPositions(String one, String other) {
        assertSame(one, other);
        assertSame(other, one);
    }

    @ParameterizedTest
    @CsvSource({
        "tcp://:0,                   tcp://:0",
        "tcp://127.0.0.1:0,          127.0.0.1:0",
        "tcp://:5000,                tcp://:5001",
        "tcp4://:5000,               tcp6://:5000",
        "tcp://127.0.0.1:5000,       tcp://127.0.0.2:5000",
        "tcp://[fe80::1%1]:5000,     tcp://[fe80::1%2]:5000",
        "tcp://1.2.3:5000,           tcp://1.2.3.4:5000",
        "unix:///run/x.sock,         unix:///run/X.sock",
        "unix://@name,               unix://./@name",
        "unix://@name,               unix://@Name",
        "unix://@a/../b,             unix://@b",
    })
    void othersAreNot(String one, String other) {
        assertDifferent(one, other);
        assertDifferent(other, one);
    }

    @Test
    void linksInTheFoldersAreFollowedAndTheLastPartIsNot() throws IOException {
        Path real = Files.createDirectories(folder.resolve("a/b/real"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), real);
        assertSame("unix://" + real.resolve("s"), "unix://" + link.resolve("s"));
        // To the kernel the parent of a link is that of what it points to.
        assertSame("unix://" + link.resolve("../s"), "unix://" + folder.resolve("a/b/s"));
        assertDifferent("unix://" + link.resolve("../s"), "unix://" + folder.resolve("s"));
        Files.createSymbolicLink(folder.resolve("t"), real.resolve("s"));
        assertDifferent("unix://" + real.resolve("s"), "unix://" + folder.resolve("t"));
    }

    @Test
    void whatCameBeforeTheRefusalIsKept() {
        EvioServer.Builder builder = EvioServer.builder().handler(new EvioHandler() {});
        assertThatIllegalArgumentException().isThrownBy(() -> builder.addresses(":1", ":2", ":1"));
        assertThat(builder.addresses(":3").build().addresses())
                .map(Address::toString)
                .containsExactly("tcp://:1", "tcp://:2", "tcp://:3");
    }
}
