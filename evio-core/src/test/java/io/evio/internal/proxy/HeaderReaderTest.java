package io.evio.internal.proxy;

import static io.evio.testing.ProxyBytes.LOCAL;
import static io.evio.testing.ProxyBytes.PROXY;
import static io.evio.testing.ProxyBytes.TCP4;
import static io.evio.testing.ProxyBytes.TCP6;
import static io.evio.testing.ProxyBytes.UNIX;
import static io.evio.testing.ProxyBytes.UNSPECIFIED;
import static io.evio.testing.ProxyBytes.ascii;
import static io.evio.testing.ProxyBytes.join;
import static io.evio.testing.ProxyBytes.tcp;
import static io.evio.testing.ProxyBytes.tlv;
import static io.evio.testing.ProxyBytes.unix;
import static io.evio.testing.ProxyBytes.version2;
import static io.evio.testing.ProxyBytes.withChecksum;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.evio.internal.sys.AbstractSocketAddress;
import io.evio.internal.sys.SocketFile;
import io.evio.testing.ProxyBytes;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Headers of both versions: what they say, in any pieces, and what is none. */
class HeaderReaderTest {

    static final int LONGEST = 4096;

    private static final byte[] ADDRESSES = tcp("203.0.113.7", 40_000, "192.0.2.1", 443);

    private static final byte[] CLIENT_SSL = tlv(
            0x20,
            new byte[] {5, 0, 0, 0, 0},
            tlv(0x21, ascii("TLSv1.3")),
            tlv(0x22, ascii("client")),
            tlv(0x23, ascii("AES128")));

    /** One of each kind, by what it is. */
    static Map<String, byte[]> headers() {
        Map<String, byte[]> all = new TreeMap<>();
        all.put("v1 tcp4", ascii("PROXY TCP4 203.0.113.7 192.0.2.1 40000 443\r\n"));
        all.put("v1 tcp6", ascii("PROXY TCP6 2001:db8::7 ::1 40000 443\r\n"));
        all.put("v1 unknown", ascii("PROXY UNKNOWN\r\n"));
        all.put("v1 unknown with more", ascii("PROXY UNKNOWN ffff:x \r \n y\r\n"));
        all.put("v2 local", version2(LOCAL, UNSPECIFIED));
        all.put("v2 local with anything", version2(LOCAL, 0x77, ascii("whatever it is")));
        all.put("v2 unspecified", version2(PROXY, UNSPECIFIED, tlv(0x02, ascii("example.org"))));
        all.put("v2 tcp4", version2(PROXY, TCP4, ADDRESSES));
        all.put("v2 tcp6", version2(PROXY, TCP6, tcp("2001:db8::7", 1, "2001:db8::8", 2)));
        all.put("v2 unix", version2(PROXY, UNIX, unix("/run/client", "/run/server")));
        all.put(
                "v2 values",
                withChecksum(version2(
                        PROXY,
                        TCP4,
                        ADDRESSES,
                        tlv(0x01, ascii("h2")),
                        tlv(0x02, ascii("example.org")),
                        tlv(0x04, new byte[9]),
                        tlv(0x05, new byte[128]),
                        CLIENT_SSL,
                        tlv(0x30, ascii("blue")),
                        tlv(0xee))));
        return all;
    }

    static Header read(byte[] bytes) throws HeaderException {
        return new HeaderReader(LONGEST).read(ByteBuffer.wrap(bytes));
    }

    private static String refusal(byte[] bytes) {
        try {
            Header header = read(bytes);
            return header == null ? "incomplete" : "read " + header;
        } catch (HeaderException e) {
            return e.getMessage();
        }
    }

    private static String refusal(String text) {
        return refusal(ascii(text));
    }

    @Test
    void version1HasTheAddresses() throws Exception {
        Header four = read(headers().get("v1 tcp4"));
        assertThat(four.version()).isEqualTo(1);
        assertThat(four.isLocal()).isFalse();
        assertThat(four.remote()).isEqualTo(new InetSocketAddress("203.0.113.7", 40_000));
        assertThat(four.local()).isEqualTo(new InetSocketAddress("192.0.2.1", 443));
        assertThat(four.tlvs().types()).isEmpty();
        Header six = read(headers().get("v1 tcp6"));
        assertThat(six.remote()).isEqualTo(new InetSocketAddress("2001:db8::7", 40_000));
        assertThat(six.local()).isEqualTo(new InetSocketAddress("::1", 443));
        Header mapped = read(ascii("PROXY TCP6 ::ffff:10.0.0.1 ::FFFF:0A00:0002 0 65535\r\n"));
        assertThat(mapped.remote()).isEqualTo(new InetSocketAddress("10.0.0.1", 0));
        assertThat(mapped.local()).isEqualTo(new InetSocketAddress("10.0.0.2", 65_535));
    }

    @Test
    void unknownAndLocalHaveNoAddresses() throws Exception {
        for (String name : List.of("v1 unknown", "v1 unknown with more", "v2 local", "v2 local with anything")) {
            Header header = read(headers().get(name));
            assertThat(header.remote()).as(name).isNull();
            assertThat(header.local()).as(name).isNull();
            assertThat(header.isLocal()).as(name).isEqualTo(name.startsWith("v2"));
            assertThat(header.tlvs().types()).as(name).isEmpty();
        }
        Header unspecified = read(headers().get("v2 unspecified"));
        assertThat(unspecified.remote()).isNull();
        assertThat(unspecified.isLocal()).isFalse();
        assertThat(unspecified.tlvs().value(Tlvs.AUTHORITY)).asString().isEqualTo("example.org");
    }

    @Test
    void version2HasTheAddresses() throws Exception {
        Header four = read(headers().get("v2 tcp4"));
        assertThat(four.version()).isEqualTo(2);
        assertThat(four.remote()).isEqualTo(new InetSocketAddress("203.0.113.7", 40_000));
        assertThat(four.local()).isEqualTo(new InetSocketAddress("192.0.2.1", 443));
        Header six = read(headers().get("v2 tcp6"));
        assertThat(six.remote()).isEqualTo(new InetSocketAddress("2001:db8::7", 1));
        assertThat(six.local()).isEqualTo(new InetSocketAddress("2001:db8::8", 2));
        Header unix = read(headers().get("v2 unix"));
        assertThat(unix.remote()).isEqualTo(UnixDomainSocketAddress.of("/run/client"));
        assertThat(unix.local()).isEqualTo(UnixDomainSocketAddress.of("/run/server"));
    }

    @Test
    void unixAddressesMayBeUnnamedAbstractOrOfFullLength() throws Exception {
        Header unnamed = read(version2(PROXY, UNIX, unix("", "\0name")));
        assertThat(unnamed.remote()).isEqualTo(UnixDomainSocketAddress.of(""));
        assertThat(unnamed.local()).isEqualTo(new AbstractSocketAddress("name"));
        Header full = read(version2(PROXY, UNIX, unix("/" + "x".repeat(107), "\0" + "y".repeat(107))));
        assertThat(full.remote()).isEqualTo(UnixDomainSocketAddress.of("/" + "x".repeat(107)));
        assertThat(full.local()).isEqualTo(new AbstractSocketAddress("y".repeat(107)));
    }

    @Test
    void valuesAreReadOnTwoLevels() throws Exception {
        Tlvs tlvs = read(headers().get("v2 values")).tlvs();
        assertThat(tlvs.types()).containsExactly(0x01, 0x02, 0x04, 0x05, 0x20, 0x30, 0xee, 0x03);
        assertThat(tlvs.values()).hasSize(8);
        assertThat(tlvs.value(Tlvs.ALPN)).asString().isEqualTo("h2");
        assertThat(tlvs.value(Tlvs.UNIQUE_ID)).hasSize(128);
        assertThat(tlvs.value(Tlvs.NETNS)).asString().isEqualTo("blue");
        assertThat(tlvs.value(0xee)).isEmpty();
        assertThat(tlvs.value(0x99)).isNull();
        Tlvs.Ssl ssl = tlvs.ssl();
        assertThat(ssl.client()).isEqualTo(5);
        assertThat(ssl.verify()).isZero();
        assertThat(ssl.values().types()).containsExactly(0x21, 0x22, 0x23);
        assertThat(ssl.values().value(Tlvs.SSL_VERSION)).asString().isEqualTo("TLSv1.3");
    }

    /** CVE-2022-41881: an SSL value inside of an SSL value is a value like any other, however deep it goes on. */
    @Test
    void nothingIsReadBelowTheSecondLevel() throws Exception {
        byte[] value = new byte[0];
        for (int i = 0; i < 400; i++) {
            value = tlv(0x20, new byte[5], value);
        }
        Tlvs.Ssl outer = read(version2(PROXY, TCP4, ADDRESSES, value)).tlvs().ssl();
        assertThat(outer.values().types()).containsExactly(0x20);
        // Below, nothing need be right.
        Header odd = read(version2(PROXY, TCP4, ADDRESSES, tlv(0x20, new byte[5], tlv(0x20, new byte[1]))));
        assertThat(odd.tlvs().ssl().values().value(0x20)).hasSize(1);
    }

    @Test
    void nothingBehindTheHeaderIsTaken() throws Exception {
        for (Map.Entry<String, byte[]> each : headers().entrySet()) {
            ByteBuffer in = ByteBuffer.wrap(join(each.getValue(), ascii("PROXY\r\n")));
            assertThat(new HeaderReader(LONGEST).read(in)).as(each.getKey()).isNotNull();
            assertThat(in.remaining()).as(each.getKey()).isEqualTo(7);
        }
    }

    @Test
    void everyPrefixIsWaitedWithAndAnyPiecesSayTheSame() throws Exception {
        for (Map.Entry<String, byte[]> each : headers().entrySet()) {
            byte[] bytes = each.getValue();
            String whole = read(bytes).toString().replaceAll("Tlvs@[0-9a-f]+", "");
            for (int cut = 0; cut < bytes.length; cut++) {
                HeaderReader reader = new HeaderReader(LONGEST);
                assertThat(reader.read(ByteBuffer.wrap(bytes, 0, cut)))
                        .as("%s, %d bytes", each.getKey(), cut)
                        .isNull();
                assertThat(reader.read(ByteBuffer.wrap(bytes, cut, bytes.length - cut))
                                .toString())
                        .startsWith(whole.substring(0, whole.indexOf("tlvs=")));
            }
            HeaderReader slow = new HeaderReader(LONGEST);
            for (int at = 0; at < bytes.length - 1; at++) {
                assertThat(slow.read(ByteBuffer.wrap(bytes, at, 1))).isNull();
            }
            Header last = slow.read(ByteBuffer.wrap(bytes, bytes.length - 1, 1));
            assertThat(last.tlvs().types()).isEqualTo(read(bytes).tlvs().types());
        }
    }

    /** Every byte with every value: read as another reader does, which is written from the specification alone. */
    @Test
    void everyOneByteMutationIsReadOrRefused() {
        int read = 0;
        int refused = 0;
        for (Map.Entry<String, byte[]> each : headers().entrySet()) {
            byte[] bytes = each.getValue();
            for (int at = 0; at < bytes.length; at++) {
                for (int value = 0; value < 256; value++) {
                    byte[] changed = bytes.clone();
                    changed[at] = (byte) value;
                    String outcome = outcome(changed);
                    assertThat(outcome)
                            .as("%s, byte %d is %d", each.getKey(), at, value)
                            .isEqualTo(SpecifiedHeader.outcome(changed, LONGEST));
                    read += outcome.startsWith("read") ? 1 : 0;
                    refused += outcome.equals("refused") ? 1 : 0;
                }
            }
        }
        assertThat(read).isGreaterThan(1000);
        assertThat(refused).isGreaterThan(1000);
    }

    static String outcome(byte[] bytes) {
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            Header header = new HeaderReader(LONGEST).read(in);
            return header == null
                    ? "incomplete"
                    : "read " + header.version() + " " + header.isLocal() + " " + header.remote() + " " + header.local()
                            + " " + header.tlvs().types() + " " + in.position();
        } catch (HeaderException e) {
            return "refused";
        }
    }

    /** With a checksum no byte can change unseen, but those that say that there is none, or that it is of no use. */
    @Test
    void aChecksumFindsEveryChange() throws Exception {
        byte[] bytes = withChecksum(version2(PROXY, TCP4, ADDRESSES, tlv(0x02, ascii("example.org"))));
        int type = bytes.length - 7;
        List<Integer> unseen = new ArrayList<>();
        for (int at = 16; at < bytes.length; at++) {
            for (int bit = 1; bit < 256; bit <<= 1) {
                byte[] changed = bytes.clone();
                changed[at] ^= (byte) bit;
                if (outcome(changed).startsWith("read")) {
                    unseen.add(at);
                }
            }
        }
        assertThat(unseen).containsOnly(type);
        assertThat(refusal(version2(PROXY, TCP4, ADDRESSES, tlv(0x03, new byte[4]))))
                .isEqualTo("its checksum is wrong");
        assertThat(refusal(version2(PROXY, TCP4, ADDRESSES, tlv(0x03, new byte[3]))))
                .isEqualTo("it has a checksum of 3 bytes");
        assertThat(refusal(withChecksum(bytes))).isEqualTo("it has two checksums");
        assertThat(read(version2(LOCAL, TCP4, ADDRESSES, tlv(0x03, new byte[4])))
                        .isLocal())
                .as("what LOCAL holds is never looked at")
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET / HTTP/1.1\r\n\r\n",
                "PROXY",
                "PROXX",
                "PROXY\tTCP4",
                "proxy TCP4",
                "\r\n\r\n\0\r\nQUIT\r",
                "\r\n\r\n\0\r\nquit\n",
                "\n",
                "\0",
                "\u0016\u0003\u0001",
            })
    void whatIsNoHeaderIsRefusedByItsFirstWrongByte(String text) throws Exception {
        byte[] bytes = ascii(text);
        int wrong = 0;
        while (wrong < bytes.length && outcome(Arrays.copyOf(bytes, wrong + 1)).equals("incomplete")) {
            wrong++;
        }
        byte[] right = bytes[0] == 'P' ? ascii("PROXY ") : ProxyBytes.SIGNATURE;
        int expected = Arrays.mismatch(bytes, right);
        assertThat(wrong).isEqualTo(expected);
        if (wrong < bytes.length) {
            assertThat(refusal(bytes)).isEqualTo("there is none");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "PROXY TCP4                                      | it is no line of version 1",
                "PROXY TCP5 1.2.3.4 1.2.3.4 1 2                  | it is no line of version 1",
                "PROXY tcp4 1.2.3.4 1.2.3.4 1 2                  | it is no line of version 1",
                "PROXY UDP4 1.2.3.4 1.2.3.4 1 2                  | it is no line of version 1",
                "PROXY UNKNOWNX                                  | it is no line of version 1",
                "PROXY TCP4 1.2.3.4 1.2.3.4 1                    | it is no line of version 1",
                "PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3                | it is no line of version 1",
                "PROXY  TCP4 1.2.3.4 1.2.3.4 1 2                 | it is no line of version 1",
                "PROXY TCP4 1.2.3.4  1.2.3.4 1 2                 | it is no line of version 1",
                "'PROXY TCP4 1.2.3.4 1.2.3.4 1 2 '               | it is no line of version 1",
                "PROXY TCP4 1.2.3 1.2.3.4 1 2                    | its address is none of TCP4",
                "PROXY TCP4 1.2.3.4.5 1.2.3.4 1 2                | its address is none of TCP4",
                "PROXY TCP4 1.2.3.256 1.2.3.4 1 2                | its address is none of TCP4",
                "PROXY TCP4 1.2.3.04 1.2.3.4 1 2                 | its address is none of TCP4",
                "PROXY TCP4 1.2.3.-4 1.2.3.4 1 2                 | its address is none of TCP4",
                "PROXY TCP4 ::1 1.2.3.4 1 2                      | its address is none of TCP4",
                "PROXY TCP4 localhost 1.2.3.4 1 2                | its address is none of TCP4",
                "PROXY TCP6 1.2.3.4 ::1 1 2                      | its address is none of TCP6",
                "PROXY TCP6 ::1 1.2.3.4 1 2                      | its address is none of TCP6",
                "PROXY TCP6 ::1%lo ::1 1 2                       | its address is none of TCP6",
                "PROXY TCP6 1::2::3 ::1 1 2                      | its address is none of TCP6",
                "PROXY TCP6 :::1 ::1 1 2                         | its address is none of TCP6",
                "PROXY TCP6 12345::1 ::1 1 2                     | its address is none of TCP6",
                "PROXY TCP6 1:2:3:4:5:6:7 ::1 1 2                | its address is none of TCP6",
                "PROXY TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2            | its address is none of TCP6",
                "PROXY TCP6 1:2:3:4::5:6:7:8 ::1 1 2             | its address is none of TCP6",
                "PROXY TCP4 1.2.3.4 1.2.3.4 65536 2              | its port is none",
                "PROXY TCP4 1.2.3.4 1.2.3.4 1 -2                 | its port is none",
                "PROXY TCP4 1.2.3.4 1.2.3.4 +1 2                 | its port is none",
                "PROXY TCP4 1.2.3.4 1.2.3.4 01 2                 | its port is none",
                "PROXY TCP4 1.2.3.4 1.2.3.4 1 2x                 | its port is none",
            })
    void wrongLinesAreRefused(String line, String why) {
        assertThat(refusal(line + "\r\n")).isEqualTo(why);
        // A line ends by both characters.
        assertThat(refusal(line + "\n")).isEqualTo("incomplete");
    }

    @Test
    void aLineHas107BytesAtTheMost() {
        String longest = "PROXY UNKNOWN " + "x".repeat(107 - 14 - 2) + "\r\n";
        assertThat(longest).hasSize(107);
        assertThat(refusal(longest)).startsWith("read");
        assertThat(refusal("PROXY UNKNOWN " + "x".repeat(107 - 14 - 1) + "\r\n"))
                .isEqualTo("its line does not end within 107 bytes");
    }

    @ParameterizedTest
    @CsvSource({
        "0x11, 0x11, its version and command are 0x11",
        "0x22, 0x11, its version and command are 0x22",
        "0x2f, 0x11, its version and command are 0x2f",
        "0xff, 0x11, its version and command are 0xff",
        "0x21, 0x01, its family is 0x01",
        "0x21, 0x10, its family is 0x10",
        "0x21, 0x13, its family is 0x13",
        "0x21, 0x41, its family is 0x41",
        "0x21, 0xff, its family is 0xff",
        "0x21, 0x12, 'its family is 0x12, which is one of datagrams'",
        "0x21, 0x22, 'its family is 0x22, which is one of datagrams'",
        "0x21, 0x32, 'its family is 0x32, which is one of datagrams'",
    })
    void otherCommandsAndFamiliesAreRefusedByTheirByte(String command, String family, String why) {
        byte[] header = version2(Integer.decode(command), Integer.decode(family), new byte[216]);
        assertThat(refusal(header)).isEqualTo(why);
        int at = why.startsWith("its version") ? 13 : 14;
        assertThat(refusal(Arrays.copyOf(header, at))).isEqualTo(why);
        assertThat(refusal(Arrays.copyOf(header, at - 1))).isEqualTo("incomplete");
    }

    @ParameterizedTest
    @CsvSource({"0x11, 12", "0x21, 36", "0x31, 216"})
    void theLengthHasRoomForTheAddresses(String family, int size) {
        int code = Integer.decode(family);
        assertThat(refusal(version2(PROXY, code, new byte[size]))).startsWith("read");
        assertThat(refusal(version2(PROXY, code, new byte[size - 1])))
                .isEqualTo("its length is " + (size - 1) + ", but its addresses take " + size);
        assertThat(refusal(version2(PROXY, code))).isEqualTo("its length is 0, but its addresses take " + size);
    }

    @Test
    void longerOnesThanMaxLengthAreRefusedByTheirLength() {
        byte[] longest = version2(PROXY, TCP4, ADDRESSES, tlv(0x04, new byte[LONGEST - 16 - 12 - 3]));
        assertThat(longest).hasSize(LONGEST);
        assertThat(refusal(longest)).startsWith("read");
        for (int command : new int[] {PROXY, LOCAL}) {
            byte[] more = version2(command, TCP4, ADDRESSES, tlv(0x04, new byte[LONGEST - 16 - 12 - 2]));
            assertThat(refusal(Arrays.copyOf(more, 16))).isEqualTo("it has 4097 bytes, more than max-length (4096)");
        }
    }

    /** A length that promises a lot takes no memory before it is known to be allowed, and no more than that then. */
    @Test
    void memoryIsHeldForOneHeader() throws Exception {
        HeaderReader reader = new HeaderReader(LONGEST);
        byte[] header = version2(PROXY, TCP4, new byte[4000]);
        reader.read(ByteBuffer.wrap(header, 0, 16));
        assertThat(reader.held()).isEqualTo(16);
        reader.read(ByteBuffer.wrap(header, 16, 1));
        assertThat(reader.held()).isEqualTo(4016);
        HeaderReader line = new HeaderReader(LONGEST);
        line.read(ByteBuffer.wrap(ascii("PROXY UNKNOWN and a bit more")));
        assertThat(line.held()).isEqualTo(107);
    }

    @Test
    void wrongValuesAreRefused() {
        assertThat(refusal(version2(PROXY, TCP4, ADDRESSES, new byte[] {4, 0})))
                .isEqualTo("a value goes beyond its end");
        assertThat(refusal(version2(PROXY, TCP4, ADDRESSES, new byte[] {4, 0, 1})))
                .isEqualTo("a value goes beyond its end");
        assertThat(refusal(version2(PROXY, TCP4, ADDRESSES, new byte[] {4, (byte) 0xff, (byte) 0xff, 0})))
                .isEqualTo("a value goes beyond its end");
        assertThat(refusal(version2(PROXY, TCP4, ADDRESSES, tlv(0x05, new byte[129]))))
                .isEqualTo("its unique id has 129 bytes, more than 128");
        assertThat(refusal(version2(PROXY, TCP4, ADDRESSES, tlv(0x20, new byte[4]))))
                .isEqualTo("its SSL value is too short");
        assertThat(refusal(version2(PROXY, TCP4, ADDRESSES, tlv(0x20, new byte[5], new byte[] {0x21, 0, 9, 1}))))
                .isEqualTo("a value goes beyond its end");
    }

    @Test
    void refusalsAreCheap() {
        assertThatThrownBy(() -> read(ascii("GET /")))
                .isExactlyInstanceOf(HeaderException.class)
                .satisfies(e -> assertThat(e.getStackTrace()).isEmpty());
    }

    /** The specification's verdict on a text or on bytes, without a thought for how they come. */
    static final class SpecifiedHeader {

        private SpecifiedHeader() {}

        static String outcome(byte[] bytes, int longest) {
            return bytes.length > 0 && bytes[0] == 'P' ? version1(bytes) : binary(bytes, longest);
        }

        private static String version1(byte[] bytes) {
            String text = new String(bytes, StandardCharsets.ISO_8859_1);
            if (!text.startsWith("PROXY ") && !"PROXY ".startsWith(text)) {
                return "refused";
            }
            int end = text.indexOf("\r\n");
            if (end < 0 || end > 105) {
                return text.length() < 107 ? "incomplete" : "refused";
            }
            String line = text.substring(0, end);
            if (line.matches("(?s)PROXY UNKNOWN( .*)?")) {
                return "read 1 false null null [] " + (end + 2);
            }
            String port = "(0|[1-9][0-9]{0,4})";
            String octet = "(0|[1-9][0-9]{0,2})";
            String four = octet + "(\\." + octet + "){3}";
            String six = "[0-9A-Fa-f:.]+";
            boolean isFour = line.matches("PROXY TCP4 " + four + " " + four + " " + port + " " + port);
            if (!isFour && !line.matches("PROXY TCP6 " + six + " " + six + " " + port + " " + port)) {
                return "refused";
            }
            String[] parts = line.split(" ");
            InetSocketAddress from = address(isFour, parts[2], parts[4]);
            InetSocketAddress to = address(isFour, parts[3], parts[5]);
            return from == null || to == null ? "refused" : "read 1 false " + from + " " + to + " [] " + (end + 2);
        }

        private static @Nullable InetSocketAddress address(boolean isFour, String ip, String port) {
            if (!isFour && ip.indexOf(':') < 0 || Integer.parseInt(port) > 65_535) {
                return null;
            }
            try {
                byte[] numbers =
                        InetAddress.getByName(isFour ? ip : "[" + ip + "]").getAddress();
                return new InetSocketAddress(InetAddress.getByAddress(numbers), Integer.parseInt(port));
            } catch (UnknownHostException e) {
                return null;
            }
        }

        private static String binary(byte[] bytes, int longest) {
            byte[] signature = ProxyBytes.SIGNATURE;
            int known = Math.min(12, bytes.length);
            if (!Arrays.equals(Arrays.copyOf(bytes, known), Arrays.copyOf(signature, known))) {
                return "refused";
            }
            if (bytes.length < 16) {
                return "incomplete";
            }
            int length = ByteBuffer.wrap(bytes).getShort(14) & 0xffff;
            if (bytes[12] != 0x20 && bytes[12] != 0x21) {
                return "refused";
            }
            boolean isLocal = bytes[12] == 0x20;
            Integer addresses = Map.of(0x00, 0, 0x11, 12, 0x21, 36, 0x31, 216).get(bytes[13] & 0xff);
            if (!isLocal && (addresses == null || length < addresses) || 16 + length > longest) {
                return "refused";
            }
            if (bytes.length < 16 + length) {
                return "incomplete";
            }
            return isLocal
                    ? "read 2 true null null [] " + (16 + length)
                    : values(Arrays.copyOf(bytes, 16 + length), addresses);
        }

        private static String values(byte[] bytes, int addresses) {
            ByteBuffer values = ByteBuffer.wrap(bytes).position(16 + addresses);
            List<Integer> types = new ArrayList<>();
            while (values.hasRemaining()) {
                if (values.remaining() < 3) {
                    return "refused";
                }
                int type = values.get() & 0xff;
                int size = values.getShort() & 0xffff;
                if (size > values.remaining()
                        || type == 3 && (size != 4 || types.contains(3))
                        || type == 5 && size > 128
                        || type == 0x20 && !isSsl(values.slice(values.position(), size))) {
                    return "refused";
                }
                types.add(type);
                if (type == 3) {
                    byte[] zeroed = bytes.clone();
                    Arrays.fill(zeroed, values.position(), values.position() + 4, (byte) 0);
                    CRC32C sum = new CRC32C();
                    sum.update(zeroed);
                    if ((int) sum.getValue() != values.getInt(values.position())) {
                        return "refused";
                    }
                }
                values.position(values.position() + size);
            }
            ByteBuffer in = ByteBuffer.wrap(bytes).position(16);
            Object from = null;
            Object to = null;
            if (addresses == 216) {
                from = path(in);
                to = path(in);
            } else if (addresses > 0) {
                byte[] one = new byte[addresses == 12 ? 4 : 16];
                byte[] other = one.clone();
                in.get(one).get(other);
                try {
                    from = new InetSocketAddress(InetAddress.getByAddress(one), in.getShort() & 0xffff);
                    to = new InetSocketAddress(InetAddress.getByAddress(other), in.getShort() & 0xffff);
                } catch (UnknownHostException e) {
                    throw new AssertionError(e);
                }
            }
            return "read 2 false " + from + " " + to + " " + types + " " + bytes.length;
        }

        private static boolean isSsl(ByteBuffer value) {
            if (value.remaining() < 5) {
                return false;
            }
            value.position(5);
            while (value.remaining() >= 3) {
                int size = value.getShort(value.position() + 1) & 0xffff;
                if (size > value.remaining() - 3) {
                    return false;
                }
                value.position(value.position() + 3 + size);
            }
            return !value.hasRemaining();
        }

        private static Object path(ByteBuffer in) {
            byte[] path = new byte[108];
            in.get(path);
            if (path[0] != 0) {
                String text = new String(path, SocketFile.NAMES);
                int end = text.indexOf('\0');
                try {
                    return UnixDomainSocketAddress.of(end < 0 ? text : text.substring(0, end));
                } catch (InvalidPathException e) {
                    return UnixDomainSocketAddress.of("");
                }
            }
            String text = new String(path, StandardCharsets.UTF_8);
            int end = text.indexOf('\0', 1);
            String name = text.substring(1, end < 0 ? text.length() : end);
            return name.isEmpty() ? UnixDomainSocketAddress.of("") : new AbstractSocketAddress(name);
        }
    }
}
