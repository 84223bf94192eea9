package io.evio;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.internal.sys.AbstractSocketAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.Set;

/** Rules that hold for every text that is read as an address. */
final class AddressRules {

    private static final Set<String> SCHEMES =
            Set.of("tcp", "tcp4", "tcp6", "tls", "tls4", "tls6", "unix", "fd", "systemd");

    private AddressRules() {}

    /**
     * Either it is refused, and the refusal names it; or what was read means the same when it is printed and read
     * again.
     */
    static void check(String text) {
        Address address;
        try {
            address = Address.parse(text);
        } catch (IllegalArgumentException e) {
            assertThat(e).isExactlyInstanceOf(IllegalArgumentException.class);
            assertThat(e.getMessage()).contains("'" + text + "'").contains("malformed");
            return;
        }
        assertThat(address.scheme().replaceFirst("^proxy\\+", "")).isIn(SCHEMES);
        assertThat(address.isProxied()).isEqualTo(address.scheme().startsWith("proxy+"));
        assertThat(address.port()).isBetween(0, 65_535);
        assertThat(address.path().isEmpty()).isEqualTo(!address.isUnix() && !address.isHandedOver());
        assertThat(Address.parse(address.toString())).isEqualTo(address);
        assertThat(address.isAbstract()).isEqualTo(text.matches("(?i)(?s)(proxy\\+)?unix://@.+"));
        boolean isLiteral = address.host().isEmpty() || address.host().indexOf(':') >= 0;
        if (!address.isHandedOver() && isLiteral) {
            checkResolution(address);
        }
    }

    /** Of those for which no name has to be looked up: there is a socket address, or none for this host. */
    private static void checkResolution(Address address) {
        try {
            SocketAddress resolved = address.resolve();
            assertThat(resolved)
                    .isInstanceOf(
                            address.isAbstract()
                                    ? AbstractSocketAddress.class
                                    : address.isUnix() ? UnixDomainSocketAddress.class : InetSocketAddress.class);
        } catch (UnknownHostException | EvioBindException e) {
            assertThat(address.host()).as(e.getMessage()).isNotEmpty();
        }
    }
}
