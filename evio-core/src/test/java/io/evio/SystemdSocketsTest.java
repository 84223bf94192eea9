package io.evio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The variables of sd_listen_fds(3). */
class SystemdSocketsTest {

    private static final long PID = 4711;

    private static Object find(String name, String... variables) throws EvioBindException {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return SystemdSockets.find(Address.parse("systemd://" + name), environment, PID);
    }

    @ParameterizedTest
    @CsvSource({
        "echo,    1, echo,          fd://3",
        "redis,   3, echo:redis:x,  fd://4",
        "x,       3, echo:redis:x,  fd://5",
        "unknown, 1, ,              fd://3",
        "unknown, 2, echo,          fd://4",
    })
    void namesAreThoseOfTheDescriptorsFromThree(String name, String count, String names, String expected)
            throws Exception {
        assertThat(
                        names == null
                                ? find(name, "LISTEN_FDS", count, "LISTEN_PID", "4711")
                                : find(name, "LISTEN_FDS", count, "LISTEN_PID", "4711", "LISTEN_FDNAMES", names))
                .hasToString(expected);
    }

    @Test
    void whatIsWrongIsExplained() {
        assertThatThrownBy(() -> find("echo"))
                .isInstanceOf(EvioBindException.class)
                .hasMessage(
                        "Cannot listen on systemd://echo: systemd has handed over no sockets: LISTEN_FDS is not set."
                                + " Start the service by its .socket unit, as with systemctl start name.socket");
        assertThatThrownBy(() -> find("echo", "LISTEN_FDS", "1", "LISTEN_PID", "17"))
                .hasMessageContaining(
                        "LISTEN_PID is '17', and this one is 4711. Have a script that starts java end with"
                                + " exec java");
        assertThatThrownBy(() -> find("echo", "LISTEN_FDS", "2", "LISTEN_PID", "4711", "LISTEN_FDNAMES", "a:b"))
                .hasMessageContaining("none of the sockets that systemd has handed over has this name; theirs are a, b."
                        + " Set FileDescriptorName=echo in the .socket unit");
        assertThatThrownBy(() -> find("a", "LISTEN_FDS", "2", "LISTEN_PID", "4711", "LISTEN_FDNAMES", "a:a"))
                .hasMessageContaining("several of the sockets");
    }
}
