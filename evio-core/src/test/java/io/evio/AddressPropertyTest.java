package io.evio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/**
 * Addresses made of right parts are read as these parts; made of any parts they are read or refused, by the same rules.
 */
class AddressPropertyTest {

    private static final String SEED = "5000";

    @Property(seed = SEED)
    void rightPartsAreReadAsTheyAre(
            @ForAll("schemes") String scheme, @ForAll("hosts") String host, @ForAll("ports") int port) {
        String written = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        Address address = Address.parse(scheme + written + ":" + port);
        String expected = scheme.isEmpty() ? "tcp" : scheme.substring(0, scheme.indexOf(':'));
        assertThat(address).isEqualTo(new Address(expected, host.equals("*") ? "" : host, port, ""));
        AddressRules.check(scheme + written + ":" + port);
    }

    @Property(seed = SEED)
    void anyPathButOneWithANulIsOne(@ForAll("paths") String path) {
        assertThat(Address.parse("unix://" + path)).isEqualTo(new Address("unix", "", 0, path));
        AddressRules.check("unix://" + path);
    }

    @Property(seed = SEED)
    void severalInOneAreCounted(
            @ForAll("pieces") String first,
            @ForAll("pieces") String second,
            @ForAll("separators") String separator,
            @ForAll boolean third) {
        String text = first + separator + second + (third ? separator + first : "");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Address.parse(text))
                .withMessageContaining("these are " + (third ? 3 : 2) + " addresses");
        AddressRules.check(text);
    }

    @Property(seed = SEED)
    void anyTextIsReadOrRefusedByItsName(@ForAll String text) {
        AddressRules.check(text);
    }

    @Property(seed = SEED)
    void partsInAnyOrderAreReadOrRefusedByTheirName(@ForAll("mixtures") String text) {
        AddressRules.check(text);
    }

    @Provide
    Arbitrary<String> schemes() {
        return Arbitraries.of("", "tcp://", "tcp4://", "tcp6://", "proxy+tcp://", "tls://", "proxy+tls6://");
    }

    @Provide
    Arbitrary<String> pieces() {
        return Arbitraries.of("tcp://:1", "TCP4://h:2", "tcp6://[::1]:3", ":4", "*:5", "h:6", "unix:///7", "unix://@8");
    }

    @Provide
    Arbitrary<String> separators() {
        return Arbitraries.of(" ", ",", ", ", ";", "\n", "\t\t", " , ");
    }

    @Provide
    Arbitrary<String> hosts() {
        Arbitrary<Integer> bytes = Arbitraries.integers().between(0, 255);
        Arbitrary<String> ipv4 =
                Combinators.combine(bytes, bytes, bytes, bytes).as((a, b, c, d) -> a + "." + b + "." + c + "." + d);
        Arbitrary<String> ipv6 = Arbitraries.strings()
                .withChars("0123456789abcdef:")
                .ofMaxLength(20)
                .map(text -> "::" + text);
        Arbitrary<String> name =
                Arbitraries.strings().alpha().numeric().withChars("-._").ofMaxLength(60);
        return Arbitraries.oneOf(ipv4, ipv6, name, Arbitraries.of("", "*"));
    }

    @Provide
    Arbitrary<Integer> ports() {
        return Arbitraries.integers().between(0, 65_535);
    }

    @Provide
    Arbitrary<String> paths() {
        // NUL ends a path for the kernel; unpaired surrogates are no characters.
        return Arbitraries.strings()
                .withCharRange('\1', '\ud7ff')
                .ofMinLength(1)
                .ofMaxLength(120);
    }

    @Provide
    Arbitrary<String> mixtures() {
        return Arbitraries.of(
                        "tcp",
                        "tcp4",
                        "tcp6",
                        "unix",
                        "udp",
                        "://",
                        ":/",
                        ",",
                        ";",
                        "*",
                        ".sock",
                        ":",
                        "/",
                        "[",
                        "]",
                        "::1",
                        "@",
                        "%",
                        " ",
                        "\0",
                        "80",
                        "65535",
                        "65536",
                        "-1",
                        "localhost",
                        "127.0.0.1",
                        "é",
                        "\ud800",
                        "\u0130",
                        "٣")
                .list()
                .ofMaxSize(8)
                .map(parts -> String.join("", parts));
    }
}
