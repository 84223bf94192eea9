package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.evio.EvioServer;
import java.io.IOException;
import java.net.ConnectException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RedisHandlerTest {

    @TempDir
    private Path folder;

    private OurRedis redis;

    @BeforeEach
    void start() throws IOException {
        redis = OurRedis.start(folder);
    }

    @AfterEach
    void stop() {
        redis.close();
    }

    @Test
    void answersAreInTheOrderOfTheCommands() throws IOException {
        String requests =
                "PING\r\nSET k v\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\nNOSUCH\r\nDEL k k x\r\nGET k\r\nFLUSHDB\r\n";
        String replies = "+PONG\r\n+OK\r\n$1\r\nv\r\n"
                + "-ERR unknown command 'NOSUCH', with args beginning with: \r\n:1\r\n$-1\r\n+OK\r\n";
        try (RedisConnection client = redis.connect()) {
            assertThat(client.ask(requests.repeat(500), replies.repeat(500))).isEqualTo(replies.repeat(500));
        }
    }

    @Test
    void oneByteAtATime() throws IOException {
        String request = "*3\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n$3\r\n\0\u00ff\n\r\n*2\r\n$3\r\nGET\r\n$2\r\n\r\n\r\n";
        try (RedisConnection client = redis.connect()) {
            for (char c : request.toCharArray()) {
                client.send(new byte[] {(byte) c});
            }
            assertThat(client.ask("", "+OK\r\n$3\r\n\0\u00ff\n\r\n")).isEqualTo("+OK\r\n$3\r\n\0\u00ff\n\r\n");
        }
    }

    @Test
    void everyConnectionHasItsOwnHalfCommand() throws IOException {
        RedisConnection[] clients = new RedisConnection[20];
        byte[][] values = new byte[clients.length][300_000];
        try {
            for (int i = 0; i < clients.length; i++) {
                new Random(i).nextBytes(values[i]);
                clients[i] = redis.connect();
                clients[i].send("*3\r\n$3\r\nSET\r\n$3\r\nk" + (10 + i) + "\r\n$300000\r\n");
            }
            for (int at = 0; at < 300_000; at += 30_000) {
                for (int i = 0; i < clients.length; i++) {
                    clients[i].send(java.util.Arrays.copyOfRange(values[i], at, at + 30_000));
                }
            }
            for (int i = 0; i < clients.length; i++) {
                clients[i].send("\r\nGET k" + (10 + i) + "\r\n");
                assertThat(clients[i].receive(5 + 9)).asString().isEqualTo("+OK\r\n$300000\r\n");
                assertThat(clients[i].receive(300_000)).isEqualTo(values[i]);
            }
        } finally {
            for (RedisConnection client : clients) {
                if (client != null) {
                    client.close();
                }
            }
        }
    }

    @Test
    void aWrongArgumentOfALongCommandIsRefusedAtOnce() throws IOException {
        try (RedisConnection client = redis.connect()) {
            client.send("*1000000\r\n" + "$1\r\na\r\n".repeat(20_000));
            client.send("$1\r\na\r\nwrong\r\n");
            assertThat(client.receiveAll()).isEqualTo("-ERR Protocol error: expected '$', got 'w'\r\n");
        }
    }

    @Test
    void aCommandOfManyArgumentsCostsNoMoreThanTheyAre() throws IOException {
        String arguments = "$1\r\na\r\n".repeat(10_000);
        try (RedisConnection client = redis.connect()) {
            client.send("*1000001\r\n$3\r\nDEL\r\n");
            for (int i = 0; i < 100; i++) {
                client.send(arguments);
            }
            assertThat(client.ask("", ":0\r\n")).isEqualTo(":0\r\n");
        }
        // Read again with every piece, it would take longer than this by far.
        assertThat(redis.server().stats().loopBusyNanos()).isLessThan(2_000_000_000L);
    }

    @Test
    void moreRepliesThanMayBePendingReachASlowReader() throws IOException {
        int size = 1_000_000;
        int count = 200;
        try (RedisConnection client = redis.connect()) {
            client.ask("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$" + size + "\r\n" + "v".repeat(size) + "\r\n", "+OK\r\n");
            client.send("GET k\r\n".repeat(count) + "PING\r\n");
            await().until(() -> redis.server().stats().writePending() > 0);
            for (int i = 0; i < count; i++) {
                assertThat(redis.server().stats().writePending()).isLessThan(20L * size);
                assertThat(client.receive("$1000000\r\n".length() + size + 2))
                        .startsWith('$')
                        .endsWith('v', '\r', '\n');
            }
            assertThat(client.ask("", "+PONG\r\n")).isEqualTo("+PONG\r\n");
        }
    }

    @Test
    void quitEndsTheConnectionAndNothingBehindItIsDone() throws IOException {
        try (RedisConnection client = redis.connect();
                RedisConnection other = redis.connect()) {
            client.send("SET k v\r\nQUIT\r\nDEL k\r\n");
            assertThat(client.receiveAll()).isEqualTo("+OK\r\n+OK\r\n");
            assertThat(other.ask("GET k\r\n", "$1\r\nv\r\n")).isEqualTo("$1\r\nv\r\n");
        }
    }

    @Test
    void shutdownEndsTheServerWithoutAnAnswer() throws IOException {
        try (RedisConnection client = redis.connect();
                RedisConnection other = redis.connect()) {
            assertThat(other.ask("PING\r\n", "+PONG\r\n")).isEqualTo("+PONG\r\n");
            int port = redis.port();
            client.send("SHUTDOWN NOSAVE\r\n");
            assertThat(client.receiveAll()).isEmpty();
            assertThat(other.receiveAll()).isEmpty();
            await().until(() -> !redis.server().isRunning());
            assertThatThrownBy(() -> new RedisConnection(port)).isInstanceOf(ConnectException.class);
            assertThat(Files.exists(redis.socket())).isFalse();
        }
    }

    @Test
    void aKeyGoesWhenItsTimeIsOver() throws IOException {
        try (RedisConnection client = redis.connect()) {
            assertThat(client.ask("SET k v PX 80 GET\r\n", "$-1\r\n")).isEqualTo("$-1\r\n");
            assertThat(client.ask("SET k w KEEPTTL XX GET\r\n", "$1\r\nv\r\n")).isEqualTo("$1\r\nv\r\n");
            await().until(() -> {
                client.send("DEL other\r\nGET k\r\nPING\r\n");
                String answer = new String(client.receive(4 + 5), StandardCharsets.US_ASCII);
                if (answer.endsWith("$-1\r\n")) {
                    client.receive(7);
                    return true;
                }
                client.receive(2 + 7);
                return false;
            });
        }
    }

    @Test
    void keysNobodyAsksForGoWithTheTick() throws IOException {
        try (RedisConnection client = redis.connect()) {
            for (int i = 0; i < 20_000; i++) {
                client.send("SET k" + i + " v PX 500\r\n");
            }
            String replies = "+OK\r\n".repeat(20_000);
            assertThat(client.ask("SET stays v EX 1000\r\n", replies + "+OK\r\n"))
                    .isEqualTo(replies + "+OK\r\n");
            await().until(() -> {
                client.send("DBSIZE\r\n");
                return client.receiveUntil("\r\n").equals(":1\r\n");
            });
            assertThat(info(client, "stats")).contains("\r\nexpired_keys:20000\r\n");
            assertThat(info(client, "keyspace")).matches("# Keyspace\r\ndb0:keys=1,expires=1,avg_ttl=[1-9][0-9]*\r\n");
        }
    }

    @Test
    void severalLoopsAreRefused() {
        EvioServer server = EvioServer.builder()
                .name("shop")
                .handler(new RedisHandler())
                .addresses("tcp://127.0.0.1:0")
                .loops(2)
                .build();
        assertThatThrownBy(server::start).hasStackTraceContaining("set evio.servers.shop.loops to 1");
        assertThat(server.isRunning()).isFalse();
    }

    @Test
    void infoCountsWhatWasDone() throws IOException {
        try (RedisConnection client = redis.connect();
                RedisConnection other = redis.connect()) {
            String asked =
                    "SET k v\r\nGET k\r\nGET x\r\nMGET k x\r\nEXISTS k k\r\nTTL x\r\nNOSUCH\r\nGET\r\nECHO end\r\n";
            client.send(asked);
            client.receiveUntil("$3\r\nend\r\n");
            assertThat(other.ask("PING\r\n", "+PONG\r\n")).isEqualTo("+PONG\r\n");
            // Of the commands, those that were executed: not the unknown one, nor the one without its argument.
            assertThat(info(client, "stats"))
                    .contains("total_connections_received:2\r\n", "total_commands_processed:9\r\n")
                    .contains("keyspace_hits:4\r\n", "keyspace_misses:3\r\n");
            assertThat(info(client, "clients")).contains("connected_clients:2\r\n");
            assertThat(info(client, "server"))
                    .contains("tcp_port:" + redis.port() + "\r\n", "server_name:evio\r\n", "multiplexing_api:epoll\r\n")
                    .contains("process_id:" + ProcessHandle.current().pid() + "\r\n");
            assertThat(info(client, "memory")).containsPattern("used_memory_human:[0-9.]+[KMG]\r\n");
        }
    }

    /** As redis-server 7.0 answers: each connection has a protocol of its own, RESP2 until it asks for another. */
    @Test
    void helloAndResetSwitchTheProtocol() throws IOException {
        String greeting = "$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$6\r\n7.0.15\r\n$5\r\nproto\r\n:PROTO\r\n"
                + "$2\r\nid\r\n:ID\r\n$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n"
                + "$7\r\nmodules\r\n*0\r\n";
        try (RedisConnection client = redis.connect();
                RedisConnection other = redis.connect()) {
            client.send("CLIENT ID\r\n");
            String id = client.receiveUntil("\r\n").substring(1).strip();
            String resp2 = "*14\r\n" + greeting.replace("PROTO", "2").replace("ID", id);
            String resp3 = "%7\r\n" + greeting.replace("PROTO", "3").replace("ID", id);
            String[][] dialog = {
                {"GET k\r\n", "$-1\r\n"},
                {"HELLO\r\n", resp2},
                {"HELLO 4\r\n", "-NOPROTO unsupported protocol version\r\n"},
                {"HELLO 3x\r\n", "-ERR Protocol version is not an integer or out of range\r\n"},
                {"HELLO 3 AUTH nosuch x\r\n", "-WRONGPASS invalid username-password pair or user is disabled.\r\n"},
                {"HELLO 3 nosuch\r\n", "-ERR Syntax error in HELLO option 'nosuch'\r\n"},
                {"GET k\r\n", "$-1\r\n"},
                {"HELLO 3 AUTH default any SETNAME shop\r\n", resp3},
                {"HELLO\r\n", resp3},
                {"CLIENT GETNAME\r\n", "$4\r\nshop\r\n"},
                {"GET k\r\n", "_\r\n"},
                {"MGET k k\r\n", "*2\r\n_\r\n_\r\n"},
                {"SET k v XX\r\n", "_\r\n"},
                {"INFO cluster\r\n", "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n"},
                {"COMMAND INFO nosuch\r\n", "*1\r\n_\r\n"},
                {"COMMAND DOCS nosuch\r\n", "%0\r\n"},
                {"HELLO 2\r\n", resp2},
                {"GET k\r\n", "$-1\r\n"},
                {"HELLO 3\r\n", resp3},
                {"RESET\r\n", "+RESET\r\n"},
                {"GET k\r\n", "$-1\r\n"},
                {"CLIENT GETNAME\r\n", "$-1\r\n"},
                {"HELLO 3\r\n", resp3},
            };
            for (String[] line : dialog) {
                assertThat(client.ask(line[0], line[1])).as(line[0]).isEqualTo(line[1]);
            }
            assertThat(other.ask("GET k\r\n", "$-1\r\n")).isEqualTo("$-1\r\n");
        }
    }

    /** The original's words of redis-server 7.2, which brought this command: 7.0 cannot be compared with. */
    @Test
    void clientSetInfoIsThatOf72() throws IOException {
        String wrong = " cannot contain spaces, newlines or special characters.\r\n";
        String[][] dialog = {
            {"CLIENT SETINFO LIB-NAME shop\r\n", "+OK\r\n"},
            {"client setinfo lib-ver 1.0(x)\r\n", "+OK\r\n"},
            {"CLIENT SETINFO Lib-Name 'a b'\r\n", "-ERR Lib-Name" + wrong},
            {"CLIENT SETINFO LIB-VER \"a\\n\"\r\n", "-ERR LIB-VER" + wrong},
            {"CLIENT SETINFO LIB-VER \u00e4\r\n", "-ERR LIB-VER" + wrong},
            {"CLIENT SETINFO lib x\r\n", "-ERR Unrecognized option 'lib'\r\n"},
            {"CLIENT SETINFO LIB-NAME\r\n", "-ERR wrong number of arguments for 'client|setinfo' command\r\n"},
            {"CLIENT SETINFO LIB-VER a b\r\n", "-ERR wrong number of arguments for 'client|setinfo' command\r\n"}
        };
        try (RedisConnection client = redis.connect()) {
            for (String[] line : dialog) {
                assertThat(client.ask(line[0], line[1])).isEqualTo(line[1]);
            }
            assertThat(clientInfo(client)).endsWith(" lib-name=shop lib-ver=1.0(x)\n\r\n");
            assertThat(client.ask("CLIENT SETINFO LIB-NAME ''\r\n", "+OK\r\n")).isEqualTo("+OK\r\n");
            assertThat(clientInfo(client)).endsWith(" lib-name= lib-ver=1.0(x)\n\r\n");
            assertThat(client.ask("RESET\r\n", "+RESET\r\n")).isEqualTo("+RESET\r\n");
            assertThat(clientInfo(client)).endsWith(" lib-name= lib-ver=1.0(x)\n\r\n");
        }
    }

    private static String clientInfo(RedisConnection client) throws IOException {
        client.send("CLIENT INFO\r\n");
        return client.receiveUntil("\n\r\n");
    }

    private static String info(RedisConnection client, String section) throws IOException {
        client.send("INFO " + section + "\r\nECHO end\r\n");
        String answer = client.receiveUntil("\r\n$3\r\nend\r\n");
        return answer.substring(answer.indexOf('\n') + 1, answer.length() - 11);
    }

    @Test
    void aClientKilledInTheMiddleOfACommandIsForgotten() throws IOException {
        for (String begin :
                new String[] {"PIN", "*2\r\n$3\r\nGET\r\n$1", "*2\r\n$4\r\nECHO\r\n$1000000\r\n" + "x".repeat(500_000)
                }) {
            try (RedisConnection client = redis.connect()) {
                client.send(begin);
            }
        }
        await().until(() -> redis.server().stats().connectionsClosed() == 3);
        assertThat(redis.server().stats().handlerErrors()).isZero();
        try (RedisConnection client = redis.connect()) {
            assertThat(client.ask("PING\r\n", "+PONG\r\n")).isEqualTo("+PONG\r\n");
        }
    }
}
