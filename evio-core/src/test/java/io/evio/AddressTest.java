package io.evio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Addresses as users write them. */
class AddressTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            value = {
                "tcp://localhost:5000,             tcp,  localhost,   5000",
                "tcp4://127.0.0.1:5000,            tcp4, 127.0.0.1,   5000",
                "tcp6://[::1]:5000,                tcp6, ::1,         5000",
                "tcp://[::1]:5000,                 tcp,  ::1,         5000",
                "tcp://[fe80::1%eth0]:80,          tcp,  fe80::1%eth0, 80",
                "tcp://[::ffff:10.0.0.1]:80,       tcp,  ::ffff:10.0.0.1, 80",
                "localhost:5000,                   tcp,  localhost,   5000",
                "127.0.0.1:5000,                   tcp,  127.0.0.1,   5000",
                "[::1]:5000,                       tcp,  ::1,         5000",
                "tcp://:5000,                      tcp,  \"\",        5000",
                ":5000,                            tcp,  \"\",        5000",
                "tcp4://:5000,                     tcp4, \"\",        5000",
                "tcp6://:5000,                     tcp6, \"\",        5000",
                "tcp://0.0.0.0:5000,               tcp,  0.0.0.0,     5000",
                "tcp://localhost:0,                tcp,  localhost,   0",
                "tcp://localhost:65535,            tcp,  localhost,   65535",
                "tcp://localhost:00080,            tcp,  localhost,   80",
                "TCP://localhost:5000,             tcp,  localhost,   5000",
                "Tcp4://Host-1.example.org:80,     tcp4, Host-1.example.org, 80",
                "*:5000,                           tcp,  \"\",        5000",
                "tcp://*:5000,                     tcp,  \"\",        5000",
                "tcp4://*:5000,                    tcp4, \"\",        5000",
                "tcp6://*:0,                       tcp6, \"\",        0",
                "tcp:5000,                         tcp,  tcp,         5000",
                "unix:5000,                        tcp,  unix,        5000",
            })
    void tcp(String text, String scheme, String host, int port) {
        Address address = Address.parse(text);
        assertThat(address).isEqualTo(new Address(scheme, host, port, ""));
        assertThat(address.isUnix()).isFalse();
        // What is printed can be read again.
        assertThat(Address.parse(address.toString())).isEqualTo(address);
    }

    @ParameterizedTest
    @CsvSource({
        "unix:///tmp/echo.sock,      /tmp/echo.sock",
        "unix://echo.sock,           echo.sock",
        "unix://./run/echo.sock,     ./run/echo.sock",
        "unix://run/a b:c.sock,      run/a b:c.sock",
        "UNIX:///tmp/Echo.sock,      /tmp/Echo.sock",
        "unix:///tmp/häuser.sock,    /tmp/häuser.sock",
        "unix:///tmp/a://b,          /tmp/a://b",
        "'unix:///tmp/a, b; c',      '/tmp/a, b; c'",
        "unix://./@name,             ./@name",
        "unix:///run/@name,          /run/@name",
    })
    void unix(String text, String path) {
        Address address = Address.parse(text);
        assertThat(address).isEqualTo(new Address("unix", "", 0, path));
        assertThat(address.isUnix()).isTrue();
        assertThat(address.isAbstract()).isFalse();
        assertThat(Address.parse(address.toString())).isEqualTo(address);
    }

    @ParameterizedTest
    @ValueSource(strings = {"@echo", "@com.example/echo 1", "@häuser", "@@"})
    void abstractUnix(String name) {
        Address address = Address.parse("unix://" + name);
        assertThat(address).isEqualTo(new Address("unix", "", 0, name));
        assertThat(address.isUnix()).isTrue();
        assertThat(address.isAbstract()).isTrue();
        assertThat(address).hasToString("unix://" + name);
        assertThat(Address.parse(address.toString())).isEqualTo(address);
    }

    @ParameterizedTest
    @CsvSource({
        "proxy+tcp://:5000,        proxy+tcp,  5000, ''",
        "Proxy+TLS4://*:443,       proxy+tls4, 443,  ''",
        "proxy+tcp6://[::1]:80,    proxy+tcp6, 80,   ''",
        "proxy+unix:///run/x.sock, proxy+unix, 0,    /run/x.sock",
        "proxy+unix://@x,          proxy+unix, 0,    @x",
        "proxy+fd://3,             proxy+fd,   0,    3",
    })
    void behindAProxy(String text, String scheme, int port, String path) {
        Address address = Address.parse(text);
        assertThat(address.scheme()).isEqualTo(scheme);
        assertThat(address.port()).isEqualTo(port);
        assertThat(address.path()).isEqualTo(path);
        assertThat(address.isProxied()).isTrue();
        assertThat(address.isTls()).isEqualTo(scheme.contains("tls"));
        assertThat(address.isUnix()).isEqualTo(scheme.endsWith("unix"));
        assertThat(Address.parse(address.toString())).isEqualTo(address);
        assertThat(Address.parse("tcp://:5000").isProxied()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "proxy+localhost:80           | it has no scheme behind proxy+",
                "proxy+tcp://localhost        | it has no port",
                "proxy+tcp:/localhost:80      | a slash is missing, as in proxy+tcp://localhost:80",
                "proxy+unix:/run/x            | two slashes are missing, as in proxy+unix:///run/x",
                "proxy+http://localhost:80    | 'proxy+http' is no known scheme",
                "proxy+proxy+tcp://:80        | 'proxy+proxy+tcp' is no known scheme",
            })
    void malformedOnesBehindAProxyAreRefusedWithTheReason(String text, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Address.parse(text))
                .withMessageStartingWith("The address '" + text + "' is malformed: " + reason)
                .withMessageEndingWith(". Use proxy+tcp://host:port, proxy+tls://host:port or proxy+unix://path");
    }

    @ParameterizedTest
    @CsvSource({"fd://3, fd, 3", "FD://65535, fd, 65535", "systemd://echo.socket, systemd, echo.socket"})
    void handedOver(String text, String scheme, String path) {
        Address address = Address.parse(text);
        assertThat(address).isEqualTo(new Address(scheme, "", 0, path));
        assertThat(address.isHandedOver()).isTrue();
        assertThat(address.isUnix()).isFalse();
        assertThat(Address.parse(address.toString())).isEqualTo(address);
    }

    @Test
    void isPrintedAsItIsWritten() {
        assertThat(Address.parse("localhost:5000")).hasToString("tcp://localhost:5000");
        assertThat(Address.parse(":0")).hasToString("tcp://:0");
        assertThat(Address.parse("tcp6://[::1]:80")).hasToString("tcp6://[::1]:80");
        assertThat(Address.parse("unix:///tmp/s")).hasToString("unix:///tmp/s");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "\"\"                           | it has no port",
                "localhost                    | it has no port",
                "fd://x                       | 'x' is no descriptor, which is a number as in fd://3",
                "fd://-1                      | '-1' is no descriptor, which is a number as in fd://3",
                "systemd://                   | '' is no FileDescriptorName of a .socket unit",
                "systemd://a:b                | 'a:b' is no FileDescriptorName of a .socket unit",
                "tcp://localhost              | it has no port",
                "tcp://localhost:             | it has no port",
                "tcp://[::1]                  | it has no port",
                "tcp://                       | it has no port",
                "5000                         | it is a port alone, which is written :5000 or tcp://:5000",
                "tcp://5000                   | it is a port alone, which is written tcp://:5000",
                "TCP6://65535                 | it is a port alone, which is written TCP6://:65535",
                "65536                        | it has no port",
                "/run/x.sock                  | it is a path, which is written unix:///run/x.sock",
                "tcp:///run/x.sock            | it is a path, which is written unix:///run/x.sock",
                "./x                          | it is a path, which is written unix://./x",
                "run/x.sock                   | it is a path, which is written unix://run/x.sock",
                "x.sock                       | it is a path, which is written unix://x.sock",
                "/run/a:b.sock                | it is a path, which is written unix:///run/a:b.sock",
                "unix:/run/x.sock             | two slashes are missing, as in unix:///run/x.sock",
                "UNIX:run/x.sock              | two slashes are missing, as in UNIX://run/x.sock",
                "unix:@name                   | two slashes are missing, as in unix://@name",
                "unix///run/x.sock            | a colon is missing, as in unix:///run/x.sock",
                "tcp:localhost:5000           | two slashes are missing, as in tcp://localhost:5000",
                "tcp::5000                    | two slashes are missing, as in tcp://:5000",
                "tcp4:/localhost:5000         | a slash is missing, as in tcp4://localhost:5000",
                "tcp//localhost:5000          | a colon is missing, as in tcp://localhost:5000",
                "tcp://:5000 tcp://:5001      | these are 2 addresses: put a comma between them in a property",
                "tcp://:5000 unix:///run/x    | these are 2 addresses",
                "unix:///run/x tcp://:5000    | these are 2 addresses",
                "unix:///run/x unix:///run/y  | these are 2 addresses",
                "unix:///run/x localhost:5000 | these are 2 addresses",
                "unix:///run/x *:5000         | these are 2 addresses",
                ":5000 :5001 :5002            | these are 3 addresses: put a comma between them in a property, or make"
                        + " each an item of the list",
                "tcp://:5000 tcp://:x         | these are 2 addresses",
                "tcp://:5000,tcp://:5001      | these are 2 addresses",
                "tcp://:5000;tcp://:5001      | these are 2 addresses",
                "\"tcp://:5000,\ttcp://:5001\" | these are 2 addresses",
                "tcp://localhost:http         | 'http' is no port",
                "tcp://localhost:-1           | '-1' is no port",
                "tcp://localhost:+1           | '+1' is no port",
                "\"tcp://localhost:80 \"        | \'80 \' is no port",
                "tcp://localhost:65536        | a port is at most 65535",
                "tcp://localhost:99999        | a port is at most 65535",
                "tcp://localhost:100000       | '100000' is no port",
                "tcp://localhost:99999999999  | '99999999999' is no port",
                "tcp://localhost:٨٠           | '٨٠' is no port",
                "tcp://localhost:80/          | '80/' is no port",
                "tcp://localhost:80/path      | '80/path' is no port",
                "tcp://::1:5000               | an IPv6 address belongs in brackets",
                "::1:5000                     | an IPv6 address belongs in brackets",
                "tcp://[]:5000                | there is nothing between the brackets",
                "tcp://a b:5000               | 'a b' is no host name",
                "tcp://user@host:5000         | 'user@host' is no host name",
                "tcp:///:5000                 | '/' is no host name",
                "tcp://host]:5000             | 'host]' is no host name",
                "tcp://[host:5000             | '[host' is no host name",
                "*.example.org:5000           | '*.example.org' is no host name",
                "[*]:5000                     | '*' is no host name",
                "a,b:5000                     | 'a,b' is no host name",
                "udp://localhost:5000         | 'udp' is no known scheme",
                "http://localhost:5000        | 'http' is no known scheme",
                "://localhost:5000            | '' is no known scheme",
                "unix://                      | it has no path",
                "unix://@                     | an abstract socket needs a name behind the @",
            })
    void malformedOnesAreRefusedWithTheReason(String text, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Address.parse(text))
                .withMessageContaining("'" + text + "'")
                .withMessageContaining(reason)
                .withMessageEndingWith(
                        "Use tcp://host:port, tcp4://host:port, tcp6://host:port, unix://path or host:port");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "unix:///tmp/a\0b",
                "unix://@a\0b",
                "unix://@\ud800",
                " tcp://localhost:80",
                "tcp://localhost\t:80",
                "tcp://localhost\n:80"
            })
    void charactersThatNobodySeesAreRefused(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Address.parse(text))
                .withMessageContaining("malformed");
    }
}
