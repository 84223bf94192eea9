package io.evio.internal.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** T18: server names are read as the JDK wrote them, and anything else is no name, no exception and no memory. */
class ClientHelloPropertyTest {

    private static final String SEED = "18";

    /** Returns the first bytes of the JDK's client, asking for this name; null for none. */
    private static byte[] hello(String name, String... protocols) {
        try {
            SSLEngine engine = SSLContext.getDefault().createSSLEngine();
            engine.setUseClientMode(true);
            SSLParameters parameters = engine.getSSLParameters();
            parameters.setProtocols(protocols);
            if (name != null) {
                parameters.setServerNames(List.of(new SNIHostName(name)));
            }
            engine.setSSLParameters(parameters);
            ByteBuffer target = ByteBuffer.allocate(20_000);
            engine.wrap(ByteBuffer.allocate(0), target);
            return Arrays.copyOf(target.array(), target.position());
        } catch (SSLException | java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The one record again, as records of these sizes, the last of which repeats. */
    private static byte[] split(byte[] record, List<Integer> sizes) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int next = 0;
        for (int at = 5; at < record.length; ) {
            int length = Math.min(sizes.get(Math.min(next++, sizes.size() - 1)), record.length - at);
            out.write(record, 0, 3);
            out.write(length >> 8);
            out.write(length);
            out.write(record, at, length);
            at += length;
        }
        return out.toByteArray();
    }

    @Provide
    Arbitrary<String> names() {
        Arbitrary<String> label = Arbitraries.strings()
                .withCharRange('a', 'z')
                .withCharRange('A', 'Z')
                .withCharRange('0', '9')
                .ofMinLength(1)
                .ofMaxLength(40);
        return label.list().ofMinSize(1).ofMaxSize(5).map(labels -> String.join(".", labels));
    }

    @Property(seed = SEED, tries = 200)
    void namesAreReadAsTheJdkWritesThem(@ForAll("names") String name, @ForAll boolean old) {
        ClientHello hello = parseExactly(hello(name, old ? "TLSv1.2" : "TLSv1.3"));
        assertThat(hello.serverName).isEqualTo(name.toLowerCase(Locale.ROOT));
    }

    @Property(seed = SEED, tries = 200)
    void namesAreReadOverSeveralRecords(
            @ForAll("names") String name,
            @ForAll @Size(min = 1, max = 5) List<@IntRange(min = 60, max = 400) Integer> sizes) {
        byte[] split = split(hello(name, "TLSv1.3", "TLSv1.2"), sizes);
        assertThat(parseExactly(split).serverName).isEqualTo(name.toLowerCase(Locale.ROOT));
    }

    @Example
    void withoutANameThereIsNone() {
        assertThat(parseExactly(hello(null, "TLSv1.3")).serverName).isNull();
    }

    /** Every beginning of a hello is waited with, up to the whole. */
    @Example
    void everyPrefixIsIncomplete() {
        byte[] whole = split(hello("alt.example.com", "TLSv1.3", "TLSv1.2"), List.of(100));
        for (int length = 0; length < whole.length; length++) {
            assertThat(parseExactly(Arrays.copyOf(whole, length)))
                    .as("of " + length)
                    .isNull();
        }
        // What follows the hello is none of it.
        byte[] more = Arrays.copyOf(whole, whole.length + 1000);
        assertThat(ClientHello.parse(more, more.length).serverName).isEqualTo("alt.example.com");
    }

    /** Reads nothing beyond the length: what is there would be another connection's. */
    private static ClientHello parseExactly(byte[] bytes) {
        ClientHello exact = ClientHello.parse(bytes, bytes.length);
        byte[] larger = Arrays.copyOf(bytes, bytes.length + 100);
        Arrays.fill(larger, bytes.length, larger.length, (byte) 22);
        ClientHello inside = ClientHello.parse(larger, bytes.length);
        assertThat(inside == null).isEqualTo(exact == null);
        if (exact != null) {
            assertThat(inside.serverName).isEqualTo(exact.serverName);
        }
        return exact;
    }

    /** Every byte changed in every bit, and to both ends: no exception, and a name only of what names are made of. */
    @Example
    void everyMutationIsReadOrRefused() {
        for (byte[] whole :
                List.of(hello("alt.example.com", "TLSv1.3"), split(hello("alt.example.com", "TLSv1.2"), List.of(60)))) {
            for (int at = 0; at < whole.length; at++) {
                for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff, whole[at] ^ 1, whole[at] ^ 0x20, whole[at] + 1}) {
                    byte[] changed = whole.clone();
                    changed[at] = (byte) value;
                    requireSane(parseExactly(changed));
                }
            }
        }
    }

    @Property(seed = SEED, tries = 2000)
    void anyBytesAreReadOrRefused(@ForAll byte[] bytes, @ForAll long random) {
        requireSane(parseExactly(bytes));
        // And such that look like a hello for longer.
        byte[] whole = hello("alt.example.com", "TLSv1.3");
        Random chance = new Random(random);
        for (int i = 0; i < 20; i++) {
            whole[chance.nextInt(whole.length)] = (byte) chance.nextInt(256);
        }
        requireSane(parseExactly(whole));
    }

    private static void requireSane(ClientHello hello) {
        if (hello != null && hello.serverName != null) {
            assertThat(hello.serverName).matches("[a-z0-9._-]{1,255}");
        }
    }

    /** CVE-2023-34462: lengths that promise a lot take no memory, and are not waited for beyond 16 KiB. */
    @Example
    void promisesTakeNoMemory() {
        // A message of 16 MB, as its length says, in full records.
        byte[] first = new byte[5 + 16_000];
        first[0] = 22;
        first[1] = 3;
        first[2] = 3;
        first[3] = (byte) (16_000 >> 8);
        first[4] = (byte) 16_000;
        first[5] = 1;
        first[6] = (byte) 0xff;
        first[7] = (byte) 0xff;
        first[8] = (byte) 0xff;
        byte[] two = Arrays.copyOf(first, 2 * first.length);
        System.arraycopy(first, 0, two, first.length, first.length);
        assertThat(ClientHello.parse(first, first.length))
                .as("may still become one")
                .isNull();
        assertThat(ClientHello.parse(two, two.length)).isNotNull();
        assertThat(ClientHello.parse(two, two.length).serverName).isNull();
        com.sun.management.ThreadMXBean threads =
                (com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean();
        long before = threads.getThreadAllocatedBytes(Thread.currentThread().getId());
        for (int i = 0; i < 100; i++) {
            ClientHello.parse(two, two.length);
        }
        long each = (threads.getThreadAllocatedBytes(Thread.currentThread().getId()) - before) / 100;
        assertThat(each).as("bytes per parse").isLessThan(64 * 1024);
    }
}
