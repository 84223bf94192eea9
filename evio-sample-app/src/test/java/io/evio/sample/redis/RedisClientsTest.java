package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.evio.sample.testing.Programs;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.models.command.CommandDetail;
import io.lettuce.core.models.command.CommandDetailParser;
import io.lettuce.core.protocol.ProtocolVersion;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import redis.clients.jedis.ClientSetInfoConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.Pipeline;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.Response;
import redis.clients.jedis.args.ExpiryOption;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.params.SetParams;

/** The clients that people use, each as it comes, with all they ask on their own when they connect. */
@Timeout(120)
class RedisClientsTest {

    private static final Path CLIENTS = Path.of("src/test/resources/io/evio/sample/redis/clients");

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
                        "-t",
                        "ping,set,get,incr,mset",
                        "-n",
                        "20000",
                        "-c",
                        "20",
                        "-r",
                        "1000",
                        "-P",
                        pipeline,
                        "--csv"));
                assertThat(run(command, ""))
                        .contains(
                                "\"PING_INLINE\",\"",
                                "\"PING_MBULK\",\"",
                                "\"SET\",\"",
                                "\"GET\",\"",
                                "\"INCR\",\"",
                                "\"MSET (10 keys)\",\"")
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
            assertThat(jedis.mset("a", "1", "b", "x")).isEqualTo("OK");
            assertThat(jedis.mget("a", "none", "b")).containsExactly("1", null, "x");
            assertThat(jedis.incrBy("a", 41)).isEqualTo(42);
            assertThat(jedis.exists("a", "b", "none")).isEqualTo(2);
            assertThat(jedis.expire("a", 1000, ExpiryOption.NX)).isEqualTo(1);
            assertThat(jedis.ttl("a")).isBetween(990L, 1000L);
            assertThat(jedis.persist("a")).isEqualTo(1);
            assertThat(jedis.ttl("a")).isEqualTo(-1);
            assertThatThrownBy(() -> jedis.incr("b"))
                    .isInstanceOf(JedisDataException.class)
                    .hasMessage("ERR value is not an integer or out of range");
            assertThatThrownBy(() -> jedis.lpush("list", "x"))
                    .isInstanceOf(JedisDataException.class)
                    .hasMessage("ERR unknown command 'LPUSH', with args beginning with: 'list' 'x' ");
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
    void jedisIntroducesItself() {
        JedisClientConfig config = DefaultJedisClientConfig.builder()
                .protocol(RedisProtocol.RESP2)
                .clientName("shop")
                .database(0)
                .clientSetInfoConfig(ClientSetInfoConfig.withLibNameSuffix("evio"))
                .build();
        try (Jedis jedis = new Jedis(new HostAndPort("127.0.0.1", redis.port()), config)) {
            assertThat(jedis.clientGetname()).isEqualTo("shop");
            assertThat(jedis.clientInfo())
                    .contains(" name=shop ", "lib-name=jedis(evio)", "lib-ver=7.")
                    .contains("addr=127.0.0.1:", "laddr=127.0.0.1:" + redis.port() + " ", " flags=N ");
            assertThat(jedis.clientInfo()).contains("id=" + jedis.clientId() + " ");
            assertThat(jedis.info("server")).contains("redis_version:7.", "tcp_port:" + redis.port());
            assertThatThrownBy(() -> jedis.select(1)).hasMessage("ERR DB index is out of range");
            assertThat(jedis.select(0)).isEqualTo("OK");
        }
    }

    @Test
    void jedisSpeaksBothProtocols() {
        HostAndPort address = new HostAndPort("127.0.0.1", redis.port());
        for (RedisProtocol protocol : RedisProtocol.values()) {
            JedisClientConfig config = DefaultJedisClientConfig.builder()
                    .protocol(protocol)
                    .clientName("shop")
                    .build();
            try (Jedis jedis = new Jedis(address, config)) {
                int version = protocol == RedisProtocol.RESP2 ? 2 : 3;
                assertThat(jedis.clientInfo()).contains(" name=shop ", " resp=" + version + " ");
                assertThat(jedis.get("none")).isNull();
                assertThat(jedis.mget("none", "nor")).containsExactly(null, null);
                assertThat(jedis.set("k", "v")).isEqualTo("OK");
                // In RESP3 Jedis leaves the format in front of it.
                assertThat(jedis.info("server")).contains("# Server\r\nredis_version:7.");
                assertThat(jedis.command()).isNotEmpty();
            }
        }
    }

    @Test
    void redisCliSpeaksResp3() throws Exception {
        String[] way = {"-3", "-p", String.valueOf(redis.port())};
        assertThat(cli(way, "", "PING")).isEqualTo("PONG\n");
        assertThat(cli(way, "get none\nclient info\nquit\n"))
                .startsWith("\nid=")
                .contains(" resp=3 ");
        assertThat(cli(new String[] {"-3", "--json", "-p", way[2]}, "", "COMMAND", "DOCS", "dbsize"))
                .startsWith("{\"dbsize\":{\"summary\":\"Counts the keys\",\"since\":\"1.0.0\"");
        assertThat(cli(new String[] {"-3", "--no-raw", "-p", way[2]}, "", "MGET", "none", "nor"))
                .isEqualTo("1) (nil)\n2) (nil)\n");
    }

    /**
     * The commands that redis-py 8 and npm's redis send before their first command, at once and with what they do not
     * know to be there.
     */
    @Test
    void clientsThatSpeakResp3ByDefaultIntroduceThemselves() throws Exception {
        try (RedisConnection client = redis.connect()) {
            client.send(resp("HELLO", "3", "AUTH", "default", "any", "SETNAME", "shop")
                    + resp("CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "internal-ip")
                    + resp("CLIENT", "SETINFO", "LIB-NAME", "redis-py")
                    + resp("CLIENT", "SETINFO", "LIB-VER", "8.0.0")
                    + resp("SELECT", "0")
                    + resp("CLIENT", "TRACKING", "ON")
                    + resp("GET", "none")
                    + resp("CLIENT", "GETNAME")
                    + resp("ECHO", "end"));
            assertThat(client.receiveUntil("$3\r\nend\r\n")
                            .replaceFirst(":[0-9]+\r\n\\$4\r\nmode", ":ID\r\n\\$4\r\nmode"))
                    .isEqualTo("%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n"
                            + "$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:ID\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n"
                            + "$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"
                            + "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'. Try CLIENT HELP.\r\n"
                            + "+OK\r\n+OK\r\n+OK\r\n"
                            + "-ERR unknown subcommand 'TRACKING'. Try CLIENT HELP.\r\n"
                            + "_\r\n$4\r\nshop\r\n$3\r\nend\r\n");
        }
    }

    private static String resp(String... arguments) {
        StringBuilder command = new StringBuilder("*" + arguments.length + "\r\n");
        for (String argument : arguments) {
            command.append('$')
                    .append(argument.length())
                    .append("\r\n")
                    .append(argument)
                    .append("\r\n");
        }
        return command.toString();
    }

    @Test
    void npmRedis() throws Exception {
        assertThat(run(List.of(node(), "npm-redis.js", port()), npmFolder(), ""))
                .isEqualTo("done\n");
    }

    @Test
    void ioredis() throws Exception {
        assertThat(run(List.of(node(), "ioredis.js", port()), npmFolder(), "")).isEqualTo("done\n");
    }

    /** Debian's: its package is for Debian's Python, which need not be the first one of the PATH. */
    @Test
    void redisPy() throws Exception {
        String python = "/usr/bin/python3";
        if (!Files.isExecutable(Path.of(python))
                || new ProcessBuilder(python, "-c", "import redis").start().waitFor() != 0) {
            Programs.unavailable("redis-py is missing: install Debian's package python3-redis");
        }
        assertThat(run(List.of(python, CLIENTS.resolve("redis-py.py").toString(), port()), ""))
                .isEqualTo("done\n");
    }

    private static String port() {
        return String.valueOf(redis.port());
    }

    private static String node() {
        return Programs.required("node", "nodejs");
    }

    /** A folder with the scripts and the clients they use, installed at the versions of package.json. */
    private static Path npmFolder() throws Exception {
        String npm = Programs.required("npm", "npm");
        Path folder = Path.of("target", "redis-clients").toAbsolutePath();
        Files.createDirectories(folder);
        for (String file : new String[] {"package.json", "npm-redis.js", "ioredis.js"}) {
            Files.copy(CLIENTS.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        Path log = folder.resolve("npm.log");
        Process install = new ProcessBuilder(
                        npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!install.waitFor(60, TimeUnit.SECONDS) || install.exitValue() != 0) {
            install.destroy();
            Programs.unavailable("npm cannot install the clients: " + Files.readString(log));
        }
        return folder;
    }

    @Test
    void redisCliInteractively() throws Exception {
        String[] way = {"-p", String.valueOf(redis.port())};
        // The help comes out of COMMAND DOCS, which redis-cli asks for when it starts.
        String printed = cli(way, "help getx\nhelp expire\nset n 41\nincr n\nmget n none\nselect 0\nquit\n");
        assertThat(printed.replaceAll("\u001b\\[[0-9;]*m", ""))
                .contains("EXPIRE key seconds [NX|XX|GT|LT]")
                .contains("summary: Lets a key go after so many seconds", "since: 1.0.0", "group: generic")
                .contains("OK\n42\n42\n\nOK\n");
    }

    @Test
    void redisCliWatchesTheServer() throws Exception {
        String program = Programs.required("redis-cli", "redis-tools");
        assertThat(cli(new String[] {"-p", String.valueOf(redis.port())}, "", "SET", "watched", "1"))
                .isEqualTo("OK\n");
        Process stat = new ProcessBuilder(program, "-p", String.valueOf(redis.port()), "--stat", "-i", "0.05")
                .redirectErrorStream(true)
                .start();
        try (BufferedReader lines = stat.inputReader(StandardCharsets.US_ASCII)) {
            assertThat(lines.readLine()).contains("data", "load");
            assertThat(lines.readLine()).contains("keys", "clients", "requests");
            // Keys, memory, clients, blocked ones, requests with how many more, connections.
            assertThat(lines.readLine()).matches("[1-9]\\d* +[0-9.]+[KMG] +[1-9]\\d* +0 +\\d+ \\(\\+0\\) +\\d+ *");
            assertThat(lines.readLine()).matches("[1-9]\\d* +[0-9.]+[KMG] +[1-9]\\d* +0 +\\d+ \\(\\+\\d+\\) +\\d+ *");
        } finally {
            stat.destroy();
            stat.waitFor();
        }
    }

    @Test
    void lettuceIntroducesItself() {
        RedisURI uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(redis.port())
                .withDatabase(0)
                .withClientName("shop")
                .build();
        for (ProtocolVersion version : new ProtocolVersion[] {null, ProtocolVersion.RESP2}) {
            RedisClient client = RedisClient.create(uri);
            if (version != null) {
                client.setOptions(
                        ClientOptions.builder().protocolVersion(version).build());
            }
            try (StatefulRedisConnection<String, String> connection = client.connect()) {
                RedisCommands<String, String> sync = connection.sync();
                assertThat(sync.clientGetname()).isEqualTo("shop");
                assertThat(sync.clientInfo()).contains(version == null ? " resp=3 " : " resp=2 ");
                await().until(() -> sync.clientInfo().contains(" lib-name=Lettuce lib-ver="));
                assertThat(sync.select(0)).isEqualTo("OK");
                assertThatThrownBy(() -> sync.select(1)).hasMessage("ERR DB index is out of range");
                assertThat(sync.mset(Map.of("a", "1", "b", "2"))).isEqualTo("OK");
                assertThat(sync.mget("a", "b")).containsExactly(KeyValue.just("a", "1"), KeyValue.just("b", "2"));
                assertThat(sync.exists("a", "b", "none")).isEqualTo(2);
                assertThat(sync.incr("a")).isEqualTo(2);
                assertThat(sync.pexpire("a", Duration.ofSeconds(100))).isTrue();
                assertThat(sync.pttl("a")).isBetween(90_000L, 100_000L);
                assertThat(sync.dbsize()).isPositive();
                assertThat(sync.info("keyspace")).contains("db0:keys=");
                CommandDetail get = CommandDetailParser.parse(sync.commandInfo("get", "client"))
                        .get(0);
                assertThat(get.getName()).isEqualTo("get");
                assertThat(get.getArity()).isEqualTo(2);
                assertThat(get.getFirstKeyPosition()).isEqualTo(1);
                assertThat(sync.commandCount()).isEqualTo((long) sync.command().size());
            } finally {
                client.shutdown(0, 2, TimeUnit.SECONDS);
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
            assertThat(connection.sync().info("server")).startsWith("# Server\r\n");
            // Nothing is set: it asks for RESP3 by itself.
            assertThat(connection.sync().clientInfo()).contains(" resp=3 ");
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

    /** Returns what the program prints; it has to end well. */
    private static String run(List<String> command, String input) throws Exception {
        return run(command, Path.of("").toAbsolutePath(), input);
    }

    private static String run(List<String> command, Path folder, String input) throws Exception {
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
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
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        assertThat(ended).as("%s ends", command).isTrue();
        String printed = output.get(10, TimeUnit.SECONDS);
        assertThat(process.exitValue()).as("%s: %s", command, printed).isZero();
        return printed;
    }
}
