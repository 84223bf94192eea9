package io.evio.internal.proxy;

import static io.evio.testing.ProxyBytes.PROXY;
import static io.evio.testing.ProxyBytes.TCP4;
import static io.evio.testing.ProxyBytes.TCP6;
import static io.evio.testing.ProxyBytes.join;
import static io.evio.testing.ProxyBytes.tcp;
import static io.evio.testing.ProxyBytes.tlv;
import static io.evio.testing.ProxyBytes.version2;
import static io.evio.testing.ProxyBytes.withChecksum;
import static org.assertj.core.api.Assertions.assertThat;

import io.evio.internal.net.ProxyHeader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Headers are read as they were meant; anything else is read as the specification says, or refused. */
class HeaderReaderPropertyTest {

    private static final String SEED = "20";

    private static InetSocketAddress address(byte[] ip, int port) {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(ip), port);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static Header readInPieces(byte[] bytes, Random chance) throws HeaderException {
        HeaderReader reader = new HeaderReader(HeaderReaderTest.LONGEST);
        Header header = null;
        for (int at = 0; at < bytes.length && header == null; ) {
            int count = Math.min(1 + chance.nextInt(40), bytes.length - at);
            header = reader.read(ByteBuffer.wrap(bytes, at, count));
            at += count;
        }
        return header;
    }

    @Property(seed = SEED)
    void whatTargetsAreSentIsReadBack(
            @ForAll @Size(4) byte[] four,
            @ForAll @Size(16) byte[] six,
            @ForAll @IntRange(max = 65_535) int fromPort,
            @ForAll @IntRange(max = 65_535) int toPort,
            @ForAll boolean isFour,
            @ForAll boolean mixed,
            @ForAll long random)
            throws Exception {
        InetSocketAddress from = address(isFour ? four : six, fromPort);
        InetSocketAddress to = address(isFour != mixed ? four : six, toPort);
        Header one = readInPieces(ProxyHeader.version1(from, to), new Random(random));
        Header two = readInPieces(ProxyHeader.version2(from, to), new Random(random));
        for (Header header : List.of(one, two)) {
            assertThat(header.remote()).isEqualTo(from);
            assertThat(header.local()).isEqualTo(to);
        }
    }

    @Property(seed = SEED)
    void valuesAreReadAsTheyWere(@ForAll @Size(max = 20) List<@Size(max = 128) byte[]> values, @ForAll long random)
            throws Exception {
        byte[] body = new byte[0];
        for (byte[] value : values) {
            body = join(body, tlv(0xe0, value));
        }
        byte[] bytes = withChecksum(version2(PROXY, TCP6, tcp("::1", 1, "::2", 2), body));
        Tlvs tlvs = readInPieces(bytes, new Random(random)).tlvs();
        assertThat(tlvs.values().subList(0, values.size()))
                .usingElementComparator(Arrays::compare)
                .isEqualTo(values);
    }

    @Property(seed = SEED, tries = 5000)
    void anyBytesAreReadAsSpecified(@ForAll @Size(max = 300) byte[] bytes, @ForAll long random) {
        requireAsSpecified(bytes);
        // And such that look like a header for longer.
        Random chance = new Random(random);
        requireAsSpecified(join(version2(PROXY, TCP4), bytes));
        byte[] behind = version2(PROXY, TCP4, tcp("10.0.0.1", 1, "10.0.0.2", 2), bytes);
        requireAsSpecified(behind);
        List<byte[]> headers = List.copyOf(HeaderReaderTest.headers().values());
        byte[] changed = headers.get(chance.nextInt(headers.size())).clone();
        for (int i = 0; i < 4; i++) {
            changed[chance.nextInt(changed.length)] = (byte) chance.nextInt(256);
        }
        requireAsSpecified(changed);
    }

    private static void requireAsSpecified(byte[] bytes) {
        String outcome = HeaderReaderTest.outcome(bytes);
        String specified = HeaderReaderTest.SpecifiedHeader.outcome(bytes, HeaderReaderTest.LONGEST);
        if (outcome.equals("refused") && specified.equals("incomplete")) {
            // Earlier than the specification needs: whatever follows, it is none.
            return;
        }
        assertThat(outcome).isEqualTo(specified);
    }
}
