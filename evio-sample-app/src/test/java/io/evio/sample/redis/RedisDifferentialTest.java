package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * The same bytes to a real redis-server and to ours: the same bytes back, and the connection ended in the same place.
 * Random ones go by a seed, which is printed: {@code -Dredis.differential.seed=…} repeats them,
 * {@code -Dredis.differential.commands=…} says how many there are.
 */
@Timeout(3600)
class RedisDifferentialTest {

    private static final int COMMANDS = Integer.getInteger("redis.differential.commands", 90_000);
    private static final int COMMANDS_A_STREAM = 200;
    private static final int HOSTILE_A_STREAM = 8;

    private static final long SEED = Long.getLong("redis.differential.seed", System.nanoTime());

    @TempDir
    private static Path folder;

    private static BothRedis both;

    @BeforeAll
    static void start() throws IOException {
        both = BothRedis.start(folder);
        System.out.println("redis.differential.seed=" + SEED + " redis.differential.commands=" + COMMANDS);
    }

    @AfterAll
    static void stop() {
        if (both != null) {
            both.close();
        }
    }

    @Test
    void randomCommandsGetTheSameBytes() throws Exception {
        for (int i = 0; i < COMMANDS / 3 * 2 / COMMANDS_A_STREAM; i++) {
            long seed = SEED + i;
            byte[] stream = new CommandStream(seed, i % 2 == 0).next(protocol(i / 2), COMMANDS_A_STREAM);
            both.check("seed " + seed, stream, seed, BothRedis.End.BY_SERVER);
        }
    }

    /** They take turns; a stream begins with its own, and switches at random. */
    private static Protocol protocol(int stream) {
        return Protocol.values()[stream % Protocol.values().length];
    }

    @Test
    void damagedCommandsGetTheSameBytes() throws Exception {
        for (int i = 0; i < COMMANDS / 6 / HOSTILE_A_STREAM; i++) {
            long seed = SEED + i;
            byte[] stream = new HostileStream(seed).next(protocol(i), HOSTILE_A_STREAM);
            both.check("seed " + seed, stream, seed, BothRedis.End.ANYHOW);
        }
    }

    /** Each connection has its name and its half command to itself, and all share the keys. */
    @Test
    void severalConnectionsGetTheSameBytes() throws Exception {
        int batch = 10;
        Random random = new Random(SEED);
        CommandStream stream = new CommandStream(SEED, true);
        byte[][] begun = new byte[5][];
        List<SocketChannel> real = connections(both.real(), begun.length);
        List<SocketChannel> ours = connections(both.ours(), begun.length);
        try {
            for (int i = 0; i < 2 * COMMANDS / 6 / batch; i++) {
                int connection = random.nextInt(begun.length);
                if (begun[connection] == null) {
                    begun[connection] = stream.some(batch);
                    // Too short for a command.
                    byte[] beginning = Arrays.copyOf(begun[connection], 2);
                    BothRedis.send(real.get(connection), beginning, random);
                    BothRedis.send(ours.get(connection), beginning, random);
                    continue;
                }
                byte[] rest = Arrays.copyOfRange(begun[connection], 2, begun[connection].length);
                begun[connection] = null;
                byte[] expected = converse(real.get(connection), rest, i);
                byte[] actual = converse(ours.get(connection), rest, i);
                BothRedis.same("seed " + SEED + ", turn " + i, actual, expected);
            }
        } finally {
            for (SocketChannel channel : real) {
                channel.close();
            }
            for (SocketChannel channel : ours) {
                channel.close();
            }
        }
    }

    private static List<SocketChannel> connections(Path socket, int count) throws IOException {
        List<SocketChannel> channels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            channels.add(BothRedis.connect(socket));
        }
        return channels;
    }

    /** Sends the commands, then one whose answer shows that theirs are complete. */
    private static byte[] converse(SocketChannel channel, byte[] commands, int turn) throws IOException {
        String mark = "turn-" + turn;
        byte[] last = ascii("ECHO " + mark + "\r\n");
        byte[] all = Arrays.copyOf(commands, commands.length + last.length);
        System.arraycopy(last, 0, all, commands.length, last.length);
        BothRedis.send(channel, all, new Random(SEED + turn));
        byte[] end = ascii("$" + mark.length() + "\r\n" + mark + "\r\n");
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        while (!endsWith(answer.toByteArray(), end) && channel.read(buffer.clear()) >= 0) {
            answer.write(buffer.array(), 0, buffer.position());
        }
        return answer.toByteArray();
    }

    private static boolean endsWith(byte[] bytes, byte[] end) {
        int from = bytes.length - end.length;
        return from >= 0 && Arrays.equals(bytes, from, bytes.length, end, 0, end.length);
    }

    @Test
    void limitsOfTheProtocolAreTheSame() throws Exception {
        String longLine = "x".repeat(64 * 1024 + 1);
        String[] streams = {
            "PING\r\n" + longLine,
            "PING\r\necho " + "x".repeat(200_000) + "\r\nQUIT\r\n",
            "PING\r\n*" + "0".repeat(200_000) + "1\r\nPING\r\nQUIT\r\n",
            "*1\r\n$" + "0".repeat(200_000) + "4\r\nPING\r\nQUIT\r\n",
            "PING\r\n*" + "1".repeat(64 * 1024),
            "PING\r\n*1\r\n$" + "1".repeat(64 * 1024),
            "echo " + "y".repeat(64 * 1024 - 10) + "\r\nQUIT\r\n",
            "PING a\0b\r\n" + longLine,
            "*1\r\n\0" + longLine,
            "*\0001\r\n" + longLine,
            "*2\r\n$4\r\nECHO\r\n$3\r\nabcXYQUIT\r\n",
            "*3\r\n$1\r\n\0\r\n$2\r\na\0\r\n$0\r\n\r\nQUIT\r\n",
            "nosuch " + "z".repeat(500) + "\r\nQUIT\r\n",
            "z".repeat(500) + " a b\r\nQUIT\r\n",
            "*200\r\n$6\r\nNOSUCH\r\n" + "$1\r\na\r\n".repeat(199) + "QUIT\r\n",
            "*3\r\n$6\r\nNO\r\nUC\r\n$4\r\n\r\n\r\n\r\n$1\r\n\n\r\nQUIT\r\n",
            "SHUTDOWN ABORT\r\nSHUTDOWN SAVE NOSAVE\r\nSHUTDOWN LATER\r\nQUIT\r\n",
            "set a b c\r\nset a b ''\r\nQUIT\r\n",
            "set a b ex 100000 ex\r\nset a b ex 100 ex 200 get\r\nset a c px 1000000 keepttl\r\nQUIT\r\n",
            "set a b pxat 1\r\nget a\r\nset a c nx get exat 99999999999\r\nset a d xx keepttl get\r\ndel a\r\nQUIT\r\n",
            "set a b pxat 1\r\ndel a\r\nset a b exat 1\r\nset a c xx\r\nQUIT\r\n",
            "SELECT 0\r\nSELECT 1\r\nSELECT -1\r\nSELECT 2147483648\r\nSELECT x\r\nSELECT\r\nQUIT\r\n",
            "set n 9223372036854775807\r\nincr n\r\ndecr n\r\nincrby n 1\r\nincrby n 1\r\nget n\r\nQUIT\r\n",
            "set n -9223372036854775808\r\ndecr n\r\nincr n\r\ndecrby n 1\r\nget n\r\ndecrby n -9223372036854775808\r\n"
                    + "QUIT\r\n",
            "set n 9\r\nincr n\r\ndecr n\r\ndecrby n 10\r\nset n 0010\r\nincr n\r\nset n ''\r\nincr n\r\n"
                    + "incrby n 1.0\r\nQUIT\r\n",
            "expire k 1 nx xx\r\nexpire k x nx gt\r\nexpire k x gt lt\r\nexpire k x what\r\nexpire k x\r\nQUIT\r\n",
            "set k v\r\nexpireat k -9223372036854775\r\nget k\r\nexpire k 9223372036854775807\r\nQUIT\r\n",
            "*4\r\n$6\r\nEXPIRE\r\n$1\r\nk\r\n$1\r\n1\r\n$6\r\n\r\na\n\r\n\r\nQUIT\r\n",
            "set k v\r\npexpireat k 9999999999999 gt\r\npexpireat k 9999999999999 lt\r\n"
                    + "pexpireat k 9999999999999 gt\r\npexpireat k 9999999999999 lt\r\npexpireat k 9999999999998 lt\r\n"
                    + "pexpiretime k\r\npersist k\r\npersist k\r\n"
                    + "pexpireat k 9999999999998 xx\r\npexpireat k 1 lt\r\nexists k\r\n"
                    + "QUIT\r\n",
            "hello 4\r\nhello 1 setname x\r\nclient getname\r\nhello 2 setname x nosuch\r\nclient getname\r\nQUIT\r\n",
            "hello 3\r\nhello\r\nget none\r\nhello 2\r\nget none\r\nhello 3\r\nreset\r\nget none\r\nhello\r\nQUIT\r\n",
            "hello 3 setname x auth nosuch y\r\nget none\r\nclient getname\r\nhello 3 auth default y setname z\r\n"
                    + "client getname\r\nreset\r\nclient getname\r\nhello 3x\r\nhello 03\r\nhello 3 3\r\nget none\r\n"
                    + "QUIT\r\n",
            "auth x\r\nauth default x\r\nauth nosuch x\r\nauth\r\nauth a b c\r\nreset x\r\nQUIT\r\n",
            "hello 3\r\nhello 4\r\nget none\r\nhello 1\r\nhello 0\r\nhello -3\r\nhello 9223372036854775808\r\n"
                    + "mget a b\r\nQUIT\r\n",
            "flushdb\r\nset k v get\r\nset k v nx\r\nset k v nx get\r\nset n v xx\r\nset n v xx get\r\nmget k n\r\n"
                    + "QUIT\r\n",
            "CLIENT\r\nCLIENT GETNAME x\r\nCLIENT SETNAME\r\nCLIENT " + "z".repeat(300)
                    + "\r\nCLIENT \"a\\r\\nb\"\r\nQUIT\r\n",
            "COMMAND GETKEYS mset a 1 b 2 c\r\nCOMMAND GETKEYS set\r\nCOMMAND nosuch\r\nCOMMAND COUNT 1\r\nQUIT\r\n",
            "flushdb\r\nset k v\r\nINFO keyspace nosuch\r\nINFO KEYSPACE\r\nflushdb\r\nINFO keyspace\r\nINFO nosuch\r\n"
                    + "QUIT\r\n",
            "*-9223372036854775808\r\nQUIT\r\n",
            "*-9223372036854775809\r\n",
            "*1000000\r\n" + "$1\r\nq\r\n".repeat(1000) + "junk\r\n"
        };
        for (String stream : streams) {
            String shown = stream.length() > 60 ? stream.substring(0, 60) + "..." : stream;
            for (Protocol protocol : Protocol.values()) {
                String whole = "HELLO " + protocol.version + "\r\n" + stream;
                both.check(
                        protocol + ": " + shown,
                        whole.getBytes(StandardCharsets.ISO_8859_1),
                        stream.length(),
                        BothRedis.End.BY_SERVER);
            }
        }
    }

    /**
     * By themselves: a reply that is not out yet goes with the connection, if the original has had no time to send it.
     */
    @Test
    void whatAWebPageSendsIsNotAnswered() throws Exception {
        String longLine = "x".repeat(64 * 1024 + 1);
        String[] streams = {"POST\r\n", "post\0\r\n" + longLine, "*1\r\n$5\r\nHost:\r\n", "*1\r\n$7\r\npost\0xx\r\n"};
        for (String stream : streams) {
            both.check(stream, ascii(stream), stream.length(), BothRedis.End.BY_SERVER);
        }
    }

    @Test
    void deadlinesAreToldTheSame() throws Exception {
        for (String set : new String[] {"SET k v EX 100", "SET k v PX 98765", "SET k v", "DEL k"}) {
            RespValue.ask(both.real(), set);
            RespValue.ask(both.ours(), set);
            for (String ask : new String[] {"PTTL k", "PEXPIRETIME k", "TTL k", "EXPIRETIME k"}) {
                long expected = (Long) RespValue.ask(both.real(), ask);
                long actual = (Long) RespValue.ask(both.ours(), ask);
                // The two are asked one after the other.
                assertThat(actual).as("%s, %s", set, ask).isBetween(expected - 2_000, expected + 2_000);
                assertThat(actual < 0).isEqualTo(expected < 0);
            }
        }
    }

    @Test
    void anIncompleteCommandAtTheEndIsNotAnswered() throws Exception {
        for (String stream : new String[] {"PING", "*1\r\n$4\r\nPING", "*2\r\n", "*", ""}) {
            both.check(stream, ascii(stream), 1, BothRedis.End.BY_CLIENT);
        }
    }

    @Test
    void valuesOfManyMegabytesAreTheSame() throws Exception {
        byte[] value = new byte[20_000_000];
        new Random(7).nextBytes(value);
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        for (int i = 0; i < 2; i++) {
            stream.writeBytes(ascii("*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$" + value.length + "\r\n"));
            stream.writeBytes(value);
            stream.writeBytes(ascii("\r\nGET big\r\n"));
        }
        stream.writeBytes(ascii("FLUSHDB\r\nQUIT\r\n"));
        both.check("20 MB", stream.toByteArray(), 1, BothRedis.End.BY_SERVER);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
