package io.evio.sample.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Commands with damage done to them: bytes replaced, put in, taken out or doubled, and headers with hostile numbers.
 * The same seed gives the same stream.
 *
 * <p>No letter is put in, lest the original find a command that is not supported here. For that reason no HELLO is
 * inline: cut short, its first letter and a GET behind it are an HGET.
 */
final class HostileStream {

    private static final String[] COMMANDS = {
        "*1\r\n$4\r\nPING\r\n",
        "*2\r\n$4\r\nECHO\r\n$10\r\n0123456789\r\n",
        "*2\r\n$4\r\nECHO\r\n$6\r\n*1\r\n$1\r\n",
        "*3\r\n$3\r\nSET\r\n$2\r\nk1\r\n$5\r\nva\0ue\r\n",
        "*2\r\n$3\r\nGET\r\n$2\r\nk1\r\n",
        "*3\r\n$3\r\nDEL\r\n$2\r\nk1\r\n$2\r\nk2\r\n",
        "*5\r\n$4\r\nMSET\r\n$2\r\nk1\r\n$0\r\n\r\n$2\r\nk2\r\n$2\r\n\r\n\r\n",
        "*3\r\n$4\r\nMGET\r\n$2\r\nk1\r\n$2\r\nk2\r\n",
        "*3\r\n$6\r\nINCRBY\r\n$2\r\nk3\r\n$2\r\n-1\r\n",
        "*4\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$1\r\nx\r\n$1\r\ny\r\n",
        "*2\r\n$5\r\nHELLO\r\n$1\r\n3\r\n",
        "*4\r\n$5\r\nHELLO\r\n$1\r\n2\r\n$7\r\nSETNAME\r\n$1\r\nx\r\n",
        "ping\r\n",
        "echo \"a\\x41\\n\\t\\\\\\\"z\"\r\n",
        "echo 'it\\'s' \"\" ''\n",
        "incr \"k 1\"\r\n",
        "get k1\n",
        "\r\n"
    };

    private static final String BYTES = "\0\r\n*$-+ \t\"'\\:,0159\u00ff\u0080";

    private static final String[] HEADERS = {
        "*",
        "$",
        "*0",
        "$0",
        "*-1",
        "$-1",
        "*1",
        "$1",
        "*00",
        "$00",
        "*2147483647",
        "*2147483648",
        "$536870913",
        "$2147483648",
        "*4294967297",
        "$4294967297",
        "*18446744073709551617",
        "$18446744073709551617",
        "*-9223372036854775808",
        "$-9223372036854775808",
        "*99999999999999999999",
        "$99999999999999999999",
        "*1 ",
        "$ 1",
        "*+1",
        "$+1",
        "*1.0",
        "*\0001",
        "$1\0",
        "*-",
        "$-"
    };

    private final Random random;

    HostileStream(long seed) {
        this.random = new Random(seed);
    }

    /** So many commands, some of them damaged. */
    byte[] next(Protocol protocol, int count) {
        StringBuilder stream = new StringBuilder("flushdb\r\nhello " + protocol.version + "\r\n");
        for (int i = 0; i < count; i++) {
            String command = COMMANDS[random.nextInt(COMMANDS.length)];
            stream.append(random.nextInt(4) == 0 ? damaged(command) : command);
        }
        return stream.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    private String damaged(String command) {
        StringBuilder text = new StringBuilder(command);
        int at = random.nextInt(text.length());
        char put = BYTES.charAt(random.nextInt(BYTES.length()));
        switch (random.nextInt(6)) {
            case 0 -> text.setCharAt(at, put);
            case 1 -> text.insert(at, put);
            case 2 -> text.deleteCharAt(at);
            case 3 -> text.insert(at, text.substring(at, Math.min(text.length(), at + 1 + random.nextInt(4))));
            case 4 -> text.setLength(at);
            default -> replaceHeader(text);
        }
        return text.toString();
    }

    private void replaceHeader(StringBuilder text) {
        List<Integer> headers = new ArrayList<>();
        for (int i = 0; i < text.length(); i++) {
            if ((text.charAt(i) == '*' || text.charAt(i) == '$') && text.indexOf("\r\n", i) > 0) {
                headers.add(i);
            }
        }
        if (!headers.isEmpty()) {
            int start = headers.get(random.nextInt(headers.size()));
            text.replace(start, text.indexOf("\r\n", start), HEADERS[random.nextInt(HEADERS.length)]);
        }
    }
}
