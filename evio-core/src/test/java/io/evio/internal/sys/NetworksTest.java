package io.evio.internal.sys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Networks as they are written, and which peers are in them. */
class NetworksTest {

    private static boolean contains(String networks, String peer) throws UnknownHostException {
        return new Networks(Arrays.asList(networks.split(" ")))
                .contains(PeerAddress.of(
                        peer.equals("unix")
                                ? UnixDomainSocketAddress.of("")
                                : new InetSocketAddress(InetAddress.getByName(peer), 4711)));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8,              10.0.0.0,        true",
        "10.0.0.0/8,              10.255.255.255,  true",
        "10.0.0.0/8,              11.0.0.0,        false",
        "10.0.0.0/8,              9.255.255.255,   false",
        "10.0.0.0/8,              ::ffff:10.1.2.3, true",
        "10.0.0.0/8,              ::10.1.2.3,      false",
        "10.0.0.0/8,              unix,            false",
        "192.0.2.128/25,          192.0.2.128,     true",
        "192.0.2.128/25,          192.0.2.127,     false",
        "192.0.2.4/31,            192.0.2.5,       true",
        "192.0.2.4/31,            192.0.2.6,       false",
        "127.0.0.1,               127.0.0.1,       true",
        "127.0.0.1,               127.0.0.2,       false",
        "127.0.0.1/32,            127.0.0.1,       true",
        "0.0.0.0/0,               255.1.2.3,       true",
        "0.0.0.0/0,               ::1,             false",
        "::/0,                    ::1,             true",
        "::/0,                    ff02::1,         true",
        "::/0,                    10.0.0.1,        false",
        "::ffff:10.0.0.0/104,     10.1.2.3,        true",
        "::ffff:0:0/96,           1.2.3.4,         true",
        "fd00::/8,                fdff::1,         true",
        "fd00::/8,                fe00::1,         false",
        "2001:db8:0:1::/64,       2001:db8:0:1:ffff::1, true",
        "2001:db8:0:1::/64,       2001:db8:0:2::1, false",
        "2001:db8::80/121,        2001:db8::ff,    true",
        "2001:db8::80/121,        2001:db8::7f,    false",
        "::1,                     ::1,             true",
        "::1/128,                 ::2,             false",
        "unix,                    unix,            true",
        "unix,                    127.0.0.1,       false",
        "10.0.0.0/8 fd00::/8 unix, fd00::1,        true",
        "10.0.0.0/8 fd00::/8 unix, unix,           true",
        "10.0.0.0/8 fd00::/8 unix, 127.0.0.1,      false",
    })
    void haveTheirAddressesAlone(String networks, String peer, boolean expected) throws Exception {
        assertThat(contains(networks, peer)).isEqualTo(expected);
    }

    /** Every prefix length: the last address inside of it, and the first one behind it. */
    @Test
    void everyPrefixEndsWhereItSays() throws Exception {
        for (int size : new int[] {4, 16}) {
            for (int prefix = 1; prefix <= 8 * size; prefix++) {
                byte[] first = new byte[size];
                if (prefix > Byte.SIZE) {
                    // What is IPv4 mapped to is another network.
                    first[0] = 32;
                }
                // The last bit of the prefix is 1, so that the address before the network is another one.
                first[(prefix - 1) / 8] |= (byte) (0x80 >> (prefix - 1) % 8);
                byte[] last = first.clone();
                for (int bit = prefix; bit < 8 * size; bit++) {
                    last[bit / 8] |= (byte) (0x80 >> bit % 8);
                }
                byte[] outside = last.clone();
                outside[(prefix - 1) / 8] ^= (byte) (0x80 >> (prefix - 1) % 8);
                Networks network =
                        new Networks(List.of(InetAddress.getByAddress(first).getHostAddress() + "/" + prefix));
                assertThat(network.contains(peer(first))).as(network + " first").isTrue();
                assertThat(network.contains(peer(last))).as(network + " last").isTrue();
                assertThat(network.contains(peer(outside)))
                        .as(network + " outside")
                        .isFalse();
            }
        }
    }

    private static PeerAddress peer(byte[] ip) throws UnknownHostException {
        return PeerAddress.of(new InetSocketAddress(InetAddress.getByAddress(ip), 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "localhost        | 'localhost' is no IP address, and names are not looked up",
                "\"\"             | '' is no IP address, and names are not looked up",
                "10.0.0           | '10.0.0' is no IP address, and names are not looked up",
                "10/8             | '10' is no IP address, and names are not looked up",
                "10.0.0.0:80      | '10.0.0.0:80' is no IP address, and names are not looked up",
                "010.0.0.0/8      | '010.0.0.0' is no IP address, and names are not looked up",
                "[::1]            | '[::1]' is no IP address, and names are not looked up",
                "*                | '*' is no IP address, and names are not looked up",
                "10.0.0.0/8,::1   | a prefix behind the slash is a number from 0 to 32",
                "10.0.0.0/        | a prefix behind the slash is a number from 0 to 32",
                "10.0.0.0/33      | a prefix behind the slash is a number from 0 to 32",
                "10.0.0.0/-1      | a prefix behind the slash is a number from 0 to 32",
                "10.0.0.0/08      | a prefix behind the slash is a number from 0 to 32",
                "10.0.0.0/255.0.0.0 | a prefix behind the slash is a number from 0 to 32",
                "fd00::/129       | a prefix behind the slash is a number from 0 to 128",
                "fe80::1%eth0     | a network has no scope",
                "10.1.2.3/8       | there are ones behind its prefix, so that it is not clear which network is meant:"
                        + " 10.0.0.0/8, or",
                "fd00::1/8        | there are ones behind its prefix, so that it is not clear which network is meant:"
                        + " fd00:0:0:0:0:0:0:0/8, or",
                "UNIX             | 'UNIX' is no IP address",
            })
    void malformedOnesAreRefusedWithTheReason(String text, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Networks(List.of(text)))
                .withMessageStartingWith("The network '" + text + "' is malformed: " + reason)
                .withMessageEndingWith(". Use a network such as 10.0.0.0/8 or fd00::/8, an address, or unix");
    }

    @ParameterizedTest
    @CsvSource({
        "::, 0:0:0:0:0:0:0:0",
        "1::, 1:0:0:0:0:0:0:0",
        "::1, 0:0:0:0:0:0:0:1",
        "1::8, 1:0:0:0:0:0:0:8",
        "1:2:3:4:5:6:7:8, 1:2:3:4:5:6:7:8",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "::2:3:4:5:6:7:8, 0:2:3:4:5:6:7:8",
        "ABCD:ef01::0001, abcd:ef01:0:0:0:0:0:1",
        "64:ff9b::192.0.2.33, 64:ff9b:0:0:0:0:c000:221",
        "1:2:3:4:5:6:1.2.3.4, 1:2:3:4:5:6:102:304",
    })
    void ipv6IsReadAsTheJdkReadsIt(String text, String printed) throws Exception {
        assertThat(InetAddress.getByAddress(IpLiteral.ipv6(text)).getHostAddress())
                .isEqualTo(printed);
        assertThat(IpLiteral.ipv6(text)).isEqualTo(InetAddress.getByName(text).getAddress());
    }
}
