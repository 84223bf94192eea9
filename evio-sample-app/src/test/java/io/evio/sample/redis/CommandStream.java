package io.evio.sample.redis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** Random streams of commands, RESP and inline, text and binary. The same seed gives the same stream. */
final class CommandStream {

    private static final String[] INLINE = {
        "PING",
        "ping \"hello world\"",
        "echo 'it\\'s'",
        "echo \"a\\x41\\n\\t\\\\\\\"z\"",
        "echo \"\\xzz\\x4\\x\"",
        "echo \"\\x00\\xfF\\0\"",
        "set k1 'v 1'",
        "get k1",
        "get k1 ",
        "  get\tk1",
        "\u000bget\u000ck1",
        "",
        "   ",
        "del k1 k2 k3",
        "echo",
        "nosuch command here",
        "set k2 \"\"",
        "get k2",
        "mset k1 'a b' k2 \"\\r\\n\" k3 ''",
        "mget k1 k2 '' k3",
        "incrby k4 \"12\"",
        "echo a\"b\"",
        "echo a'b'",
        "\"ping\"",
        "echo \"\\a\\b\\r\\n\"",
        "echo '\\n\\x41\"'",
        "flushdb sync",
        "flushdb later",
        "client setname 'a b'",
        "hello 3",
        "HELLO 2",
        "info nosuch",
        "get none",
        "client getname"
    };

    /** Each ends its connection. */
    private static final String[] WRONG = {
        "*1\r\n+PING\r\n",
        "*1\r\nPING\r\n",
        "*x\r\n",
        "*-\r\n",
        "*01\r\n$4\r\nPING\r\n",
        "*+1\r\n",
        "* 1\r\n",
        "*2147483648\r\n",
        "*99999999999999999999\r\n",
        "*9223372036854775808\r\n",
        "*-9223372036854775809\r\n",
        "*1\r\n$-1\r\n",
        "*1\r\n$-9223372036854775808\r\n",
        "*1\r\n$x\r\n",
        "*1\r\n$\r\n",
        "*\r\n",
        "*1\r\n$536870913\r\n",
        "*1\r\n$04\r\nPING\r\n",
        "*1\r\n\n4\r\n",
        "*1\r\n\r\n",
        "*1\r\n\u00e9\r\n",
        "*2\r\n$4\r\nECHO\r\n$99999999999999999999\r\n",
        "*2\r\n$4\r\nECHO\r\n*1\r\n",
        "echo \"unbalanced\r\n",
        "echo 'unbalanced\r\n",
        "echo \"a\"b\r\n",
        "echo 'a'b\r\n",
        "echo \"\\\"\r\n",
        "QUIT\r\n",
        "quit now and forever\r\n",
        "*1\r\n$4\r\nQUIT\r\n",
        "*3\r\n$4\r\nqUiT\r\n$1\r\na\r\n$1\r\nb\r\n"
    };

    private final Random random;
    private final RandomCommands commands;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    /**
     * @param absolute whether deadlines are points of time; else spans, and what is told of them may depend on the time
     */
    CommandStream(long seed, boolean absolute) {
        this.random = new Random(seed);
        this.commands = new RandomCommands(seed, absolute);
    }

    /** So many commands, in the protocol and on nothing that was there before, then one that ends the connection. */
    byte[] next(Protocol protocol, int count) {
        bytes.reset();
        text("FLUSHDB\r\nHELLO " + protocol.version + "\r\n");
        for (int i = 0; i < count; i++) {
            one();
        }
        text(WRONG[random.nextInt(WRONG.length)]);
        return bytes.toByteArray();
    }

    /** So many commands, of which none ends the connection. */
    byte[] some(int count) {
        bytes.reset();
        for (int i = 0; i < count; i++) {
            one();
        }
        return bytes.toByteArray();
    }

    private void one() {
        if (random.nextInt(8) == 0) {
            text(INLINE[random.nextInt(INLINE.length)] + (random.nextBoolean() ? "\r\n" : "\n"));
        } else if (random.nextInt(40) == 0) {
            text(random.nextBoolean() ? "*0\r\n" : "*-" + (1 + random.nextInt(9)) + "\r\n");
        } else {
            List<byte[]> command = commands.next();
            text("*" + command.size() + "\r\n");
            command.forEach(this::argument);
        }
    }

    private void argument(byte[] value) {
        text("$" + value.length + "\r\n");
        bytes.writeBytes(value);
        // What stands for the line's end is not looked at.
        text(random.nextInt(50) == 0 ? "XY" : "\r\n");
    }

    private void text(String text) {
        bytes.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
