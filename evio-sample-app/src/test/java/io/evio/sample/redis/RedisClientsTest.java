package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.sample.testing.Programs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.Response;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.SetParams;

/** The clients that people use, each as it comes, with all they ask on their own when they connect. */
@Timeout(120)
class RedisClientsTest {

    @TempDir
    private static Path folder;

    private static OurRedis redis;

    @BeforeAll
    static void start() throws IOException {
        redis = OurRedis.start(folder);
    }

    @AfterAll
    static void stop() {
        redis.close();
    }

    @Test
    void redisCli() throws Exception {
        String[] overTcp = {"-p", String.valueOf(redis.port())};
        String[] overUnix = {"-s", redis.socket().toString()};
        for (String[] way : new String[][] {overTcp, overUnix}) {
            assertThat(cli(way, "", "PING")).isEqualTo("PONG\n");
            assertThat(cli(way, "", "SET", "greeting", "hello world")).isEqualTo("OK\n");
            assertThat(cli(way, "", "GET", "greeting")).isEqualTo("hello world\n");
            assertThat(cli(way, "", "DEL", "greeting", "other")).isEqualTo("1\n");
            assertThat(cli(way, "", "GET", "greeting")).isEqualTo("\n");
            assertThat(cli(way, "from stdin", "-x", "ECHO")).isEqualTo("from stdin\n");
            assertThat(cli(way, "set a 1\nget a\nget\nnosuch x\nquit\n"))
                    .isEqualTo("OK\n1\nERR wrong number of arguments for 'get' command\n\n"
                            + "ERR unknown command 'nosuch', with args beginning with: 'x' \n\n");
            assertThat(cli(way, "", "FLUSHDB")).isEqualTo("OK\n");
        }
    }

    @Test
    void redisCliInPipeMode() throws Exception {
        StringBuilder commands = new StringBuilder();
        for (int i = 0; i < 50_000; i++) {
            commands.append("*3\r\n$3\r\nSET\r\n$6\r\nk")
                    .append(10_000 + i % 20_000)
                    .append("\r\n$1\r\nv\r\n");
        }
        assertThat(cli(new String[] {"-s", redis.socket().toString()}, commands.toString(), "--pipe"))
                .contains("errors: 0, replies: 50000");
    }

    @Test
    void redisBenchmark() throws Exception {
        String program = Programs.required("redis-benchmark", "redis-tools");
        String[] overTcp = {"-h", "127.0.0.1", "-p", String.valueOf(redis.port())};
        String[] overUnix = {"-s", redis.socket().toString()};
        for (String[] way : new String[][] {overTcp, overUnix}) {
            for (String pipeline : new String[] {"1", "16"}) {
                List<String> command = new ArrayList<>(List.of(program));
                command.addAll(List.of(way));
                command.addAll(List.of(
                        "-t", "ping,set,get", "-n", "20000", "-c", "20", "-r", "1000", "-P", pipeline, "--csv"));
                assertThat(run(command, ""))
                        .contains("\"PING_INLINE\",\"", "\"PING_MBULK\",\"", "\"SET\",\"", "\"GET\",\"")
                        .doesNotContainIgnoringCase("error");
            }
        }
    }

    @Test
    void jedis() {
        byte[] key = {0, -1, 13, 10};
        byte[] value = new byte[1_000_000];
        new Random(1).nextBytes(value);
        try (Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
            assertThat(jedis.ping()).isEqualTo("PONG");
            assertThat(jedis.ping("hello")).isEqualTo("hello");
            assertThat(jedis.set(key, value)).isEqualTo("OK");
            assertThat(jedis.get(key)).isEqualTo(value);
            assertThat(jedis.set("jedis", "1", SetParams.setParams().nx())).isEqualTo("OK");
            assertThat(jedis.set("jedis", "2", SetParams.setParams().nx())).isNull();
            assertThat(jedis.setGet("jedis", "3", SetParams.setParams().ex(100)))
                    .isEqualTo("1");
            assertThat(jedis.del("jedis", "none")).isEqualTo(1);
            org.assertj.core.api.Assertions.assertThatThrownBy(() -> jedis.incr("jedis"))
                    .isInstanceOf(JedisDataException.class)
                    .hasMessage("ERR unknown command 'INCR', with args beginning with: 'jedis' ");
            Pipeline pipeline = jedis.pipelined();
            List<Response<String>> replies = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                pipeline.set("k" + i % 100, "v" + i);
                replies.add(pipeline.get("k" + i % 100));
            }
            pipeline.sync();
            for (int i = 0; i < 10_000; i++) {
                assertThat(replies.get(i).get()).isEqualTo("v" + i);
            }
        }
    }

    @Test
    void lettuce() throws Exception {
        RedisClient client = RedisClient.create("redis://127.0.0.1:" + redis.port());
        try (StatefulRedisConnection<String, String> connection = client.connect()) {
            assertThat(connection.sync().ping()).isEqualTo("PONG");
            assertThat(connection.sync().set("lettuce", "\u00e4\u20ac")).isEqualTo("OK");
            assertThat(connection.sync().get("lettuce")).isEqualTo("\u00e4\u20ac");
            assertThat(connection
                            .sync()
                            .set("lettuce", "new", SetArgs.Builder.xx().px(100_000)))
                    .isEqualTo("OK");
            assertThat(connection.sync().del("lettuce")).isEqualTo(1);
            assertThat(connection.sync().get("lettuce")).isNull();
            List<RedisFuture<String>> replies = new ArrayList<>();
            for (int i = 0; i < 10_000; i++) {
                connection.async().set("l" + i % 100, "v" + i);
                replies.add(connection.async().get("l" + i % 100));
            }
            for (int i = 0; i < 10_000; i++) {
                assertThat(replies.get(i).get(10, TimeUnit.SECONDS)).isEqualTo("v" + i);
            }
        } finally {
            client.shutdown(0, 2, TimeUnit.SECONDS);
        }
    }

    private static String cli(String[] way, String input, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(Programs.required("redis-cli", "redis-tools")));
        command.addAll(List.of(way));
        command.addAll(List.of(arguments));
        return run(command, input);
    }

    /** What the program prints; it has to end well. */
    private static String run(List<String> command, String input) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        CompletableFuture<String> output = CompletableFuture.supplyAsync(() -> {
            try {
                return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        try (var stdin = process.getOutputStream()) {
            stdin.write(input.getBytes(StandardCharsets.US_ASCII));
        }
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
        String printed = output.get(10, TimeUnit.SECONDS);
        assertThat(process.exitValue()).as("%s: %s", command, printed).isZero();
        return printed;
    }
}
