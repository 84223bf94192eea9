package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.testing.Allocated;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The memory that the loop's thread allocates for a request, which is none. The replies are as long as the ones that
 * are given.
 */
@Timeout(60)
class RedisAllocationTest {

    private static final int PIPELINE = 500;
    private static final int REQUESTS = 1_000_000;

    /** It gives each event memory of its own. */
    @BeforeAll
    static void switchMemoryDebugOff() {
        System.setProperty("io.evio.memory.debug", "false");
    }

    @AfterAll
    static void switchMemoryDebugOn() {
        System.setProperty("io.evio.memory.debug", "true");
    }

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "'*2\r\n$3\r\nGET\r\n$3\r\nnot\r\n', '_\r\n'",
        "'*4\r\n$4\r\nMGET\r\n$3\r\nkey\r\n$3\r\nnot\r\n$4\r\ngoes\r\n', '*3\r\n$5\r\nvalue\r\n_\r\n$1\r\nv\r\n'",
        "'*4\r\n$3\r\nSET\r\n$3\r\nkey\r\n$1\r\nv\r\n$2\r\nNX\r\n', '_\r\n'",
        "'*1\r\n$4\r\nPING\r\n', '+PONG\r\n'",
        "'PING\r\n', '+PONG\r\n'",
        "'*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n', '$5\r\nvalue\r\n'",
        "'*2\r\n$3\r\nGET\r\n$3\r\nnot\r\n', '$-1\r\n'",
        "'*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nother\r\n', '+OK\r\n'",
        "'*2\r\n$3\r\nGET\r\n$4\r\ngoes\r\n', '$1\r\nv\r\n'",
        "'*4\r\n$4\r\nMGET\r\n$3\r\nkey\r\n$3\r\nnot\r\n$4\r\ngoes\r\n', '*3\r\n$5\r\nvalue\r\n$-1\r\n$1\r\nv\r\n'",
        "'*5\r\n$4\r\nMSET\r\n$3\r\nkey\r\n$5\r\nother\r\n$4\r\ngoes\r\n$1\r\nw\r\n', '+OK\r\n'",
        "'*3\r\n$6\r\nEXISTS\r\n$3\r\nkey\r\n$3\r\nnot\r\n', ':1\r\n'",
        "'*2\r\n$4\r\nINCR\r\n$6\r\nnumber\r\n', ':1000000000\r\n'",
        "'*3\r\n$6\r\nDECRBY\r\n$6\r\nnumber\r\n$1\r\n7\r\n', ':8999999999\r\n'",
        "'*3\r\n$6\r\nEXPIRE\r\n$4\r\ngoes\r\n$4\r\n1000\r\n', ':1\r\n'",
        "'*2\r\n$3\r\nTTL\r\n$3\r\nkey\r\n', ':-1\r\n'",
        "'*2\r\n$4\r\nPTTL\r\n$4\r\ngoes\r\n', ':999990000\r\n'",
        "'*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n', '+OK\r\n'"
    })
    void aMillionRequestsMakeNoGarbage(String request, String reply) throws IOException {
        try (OurRedis redis = OurRedis.start(folder);
                RedisConnection client = redis.connect()) {
            // A reply with RESP3's null is of a client that speaks it.
            client.send(reply.contains("_") ? "HELLO 3\r\n" : "HELLO 2\r\n");
            client.receiveUntil("modules\r\n*0\r\n");
            String prepared = "SET key value\r\nSET goes v PX 999999999\r\nSET number 5000000000\r\n";
            assertThat(client.ask(prepared, "+OK\r\n".repeat(3))).isEqualTo("+OK\r\n".repeat(3));
            byte[] requests = request.repeat(PIPELINE).getBytes(StandardCharsets.US_ASCII);
            int replies = reply.length() * PIPELINE;
            load(client, requests, replies, REQUESTS / 4);
            long before = Allocated.by("evio-redis");
            load(client, requests, replies, REQUESTS);
            long allocated = Allocated.by("evio-redis") - before;
            assertThat((double) allocated / REQUESTS).isLessThan(0.01);
        }
    }

    private static void load(RedisConnection client, byte[] requests, int replies, int count) throws IOException {
        for (int i = 0; i < count; i += PIPELINE) {
            client.send(requests);
            assertThat(client.receive(replies).length).isEqualTo(replies);
        }
    }
}
