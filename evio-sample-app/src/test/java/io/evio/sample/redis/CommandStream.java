package io.evio.sample.redis;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Random command streams: right and wrong ones, RESP and inline, text and binary. The same seed gives the same stream. */
final class CommandStream {

    private static final String[] NAMES = {
        "PING",
        "ping",
        "ECHO",
        "SET",
        "set",
        "GET",
        "gEt",
        "DEL",
        "FLUSHDB",
        "flushdb",
        "SET",
        "GET",
        "DEL",
        "NOSUCH",
        "G",
        "GETT",
        "SETT",
        "",
        "PINGPING",
        "FLUSHDC",
        "SHUTDOWM",
        "QUIT\0x",
        "GET\0"
    };

    private static final String[] INLINE = {
        "PING",
        "ping \"hello world\"",
        "echo 'it\\'s'",
        "echo \"a\\x41\\n\\t\\\\\\\"z\"",
        "echo \"\\xzz\"",
        "set k1 'v 1'",
        "get k1",
        "get k1 ",
        "  get\tk1",
        "",
        "   ",
        "del k1 k2 k3",
        "echo",
        "nosuch command here",
        "set k2 \"\"",
        "get k2",
        "echo a\"b\"",
        "\"ping\"",
        "echo \"\\a\\b\\r\\n\"",
        "flushdb sync",
        "flushdb later"
    };

    /** Of SET. No time is so near that one server might find it over and the other not yet. */
    private static final String[] OPTIONS = {
        "NX",
        "nx",
        "XX",
        "xX",
        "GET",
        "get",
        "KEEPTTL",
        "EX 100000",
        "ex 100000",
        "PX 100000000",
        "EXAT 99999999999",
        "EXAT 1",
        "PXAT 1",
        "pxat 9999999999999",
        "EX 0",
        "EXAT -1",
        "PX -9223372036854775808",
        "EX 9223372036854775",
        "PX 9223372036854775807",
        "PX 9223372036854775808",
        "EX 9223372036854776",
        "EX 0100000",
        "PX ",
        "EX",
        "PXAT",
        "100000000",
        "",
        "NX\0x",
        "EXX",
        "P"
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
        "*1\r\n$-1\r\n",
        "*1\r\n$x\r\n",
        "*1\r\n$\r\n",
        "*\r\n",
        "*1\r\n$536870913\r\n",
        "*1\r\n$04\r\nPING\r\n",
        "*1\r\n\n4\r\n",
        "*1\r\n\r\n",
        "*1\r\n\u00e9\r\n",
        "echo \"unbalanced\r\n",
        "echo 'unbalanced\r\n",
        "echo \"a\"b\r\n",
        "echo 'a'b\r\n",
        "QUIT\r\n",
        "quit now and forever\r\n",
        "*1\r\n$4\r\nQUIT\r\n",
        "*3\r\n$4\r\nqUiT\r\n$1\r\na\r\n$1\r\nb\r\n"
    };

    private final Random random;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    CommandStream(long seed) {
        this.random = new Random(seed);
    }

    /** So many commands, then one that ends the connection. */
    byte[] next(int commands) {
        bytes.reset();
        for (int i = 0; i < commands; i++) {
            if (random.nextInt(6) == 0) {
                text(INLINE[random.nextInt(INLINE.length)] + (random.nextBoolean() ? "\r\n" : "\n"));
            } else {
                array();
            }
        }
        text(WRONG[random.nextInt(WRONG.length)]);
        return bytes.toByteArray();
    }

    private void array() {
        if (random.nextInt(40) == 0) {
            text(random.nextBoolean() ? "*0\r\n" : "*-" + (1 + random.nextInt(9)) + "\r\n");
            return;
        }
        String name = NAMES[random.nextInt(NAMES.length)];
        int arguments = random.nextInt(10) > 0 ? usual(name) : random.nextInt(8);
        List<String> options = arguments == 2 && random.nextInt(4) == 0 ? options() : List.of();
        text("*" + (1 + arguments + options.size()) + "\r\n");
        argument(name.getBytes(StandardCharsets.ISO_8859_1));
        for (int i = 0; i < arguments; i++) {
            argument(value());
        }
        for (String option : options) {
            argument(option.getBytes(StandardCharsets.ISO_8859_1));
        }
    }

    private List<String> options() {
        List<String> options = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            options.addAll(List.of(OPTIONS[random.nextInt(OPTIONS.length)].split(" ", -1)));
        }
        return options;
    }

    private int usual(String name) {
        return switch (name) {
            case "ECHO", "GET", "gEt" -> 1;
            case "SET", "set" -> 2;
            case "DEL" -> 1 + random.nextInt(4);
            case "FLUSHDB", "flushdb" -> random.nextInt(2);
            default -> random.nextInt(3);
        };
    }

    private byte[] value() {
        switch (random.nextInt(8)) {
            case 0:
                return new byte[0];
            case 1:
                byte[] binary = new byte[random.nextInt(40)];
                random.nextBytes(binary);
                return binary;
            case 2:
                byte[] large = new byte[random.nextInt(random.nextInt(50) == 0 ? 200_000 : 300)];
                random.nextBytes(large);
                return large;
            case 3:
                return "line\r\nend".getBytes(StandardCharsets.ISO_8859_1);
            default:
                return ("k" + random.nextInt(12)).getBytes(StandardCharsets.ISO_8859_1);
        }
    }

    private void argument(byte[] value) {
        text("$" + value.length + "\r\n");
        bytes.writeBytes(value);
        text("\r\n");
    }

    private void text(String text) {
        bytes.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
