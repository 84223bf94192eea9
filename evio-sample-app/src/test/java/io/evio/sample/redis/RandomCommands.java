package io.evio.sample.redis;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Random commands, right and wrong ones, whose answers depend on nothing but the commands before them. The same seed
 * gives the same commands.
 *
 * <p>Left out for that reason are commands that tell the time, the server or the connection; and CLIENT SETINFO, which
 * came with redis-server 7.2. Also COMMAND INFO of an empty name, which ends redis-server 7.0.
 */
final class RandomCommands {

    private static final String[] NUMBERS = {
        "0",
        "1",
        "-1",
        "7",
        "10",
        "99",
        "-100",
        "01",
        "+1",
        " 1",
        "1 ",
        "",
        "-",
        "-0",
        "1.5",
        "1e3",
        "0x10",
        "abc",
        "1\0",
        "2147483647",
        "2147483648",
        "-2147483649",
        "4294967296",
        "9223372036854775807",
        "9223372036854775808",
        "-9223372036854775807",
        "-9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999"
    };

    /**
     * From now on. None is so near that one server might find it over and the other not yet, or so that TTL rounds
     * differently.
     */
    private static final String[] RELATIVE = {"100", "1000", "100000", "4000000", "0", "-1", "-100"};

    /** Since 1970, past and to come. */
    private static final String[] ABSOLUTE = {
        "99999999999",
        "99999999999",
        "9999999999999",
        "9999999999998",
        "9999999999998",
        "1",
        "-1",
        "0",
        "9223372036854775",
        "9223372036854775807"
    };

    /** Beyond every limit. */
    private static final String[] OUT_OF_RANGE = {
        "9223372036854775807", "9223372036854775", "9223372036854776", "-9223372036854775808", "-9223372036854776",
    };

    /** Of SET. No number by itself, which EX or PXAT in front of it would make a deadline. */
    private static final String[] SETS = {
        "NX", "nx", "XX", "xX", "GET", "get", "KEEPTTL", "EX 0", "EXAT -1", "PX -9223372036854775808",
                "EX 9223372036854776",
        "PX 9223372036854775807", "PX 9223372036854775808", "EX 0100000", "PX ", "EX", "PXAT", "1e8", "", "NX\0x",
                "EXX", "P"
    };

    private static final String[] EXPIRES = {"NX", "nx", "XX", "GT", "gT", "LT", "", "NX\0", "EX", "a\r\nb\r\n"};

    private static final String[] HELLOS = {
        "2",
        "2",
        "3",
        "3",
        "3",
        "03",
        "3 SETNAME me",
        "3 SETNAME",
        "3 AUTH default x SETNAME you",
        "3 SETNAME you AUTH nosuch x",
        "3 AUTH default",
        "3 SETNAME a\u00e9",
        "3 nosuch",
        "",
        "3x",
        "1",
        "4",
        "2 SETNAME me",
        "2 setname",
        "2 SETNAME a\u00e9",
        "2 AUTH default x",
        "2 auth DEFAULT x",
        "2 AUTH default",
        "2 AUTH default x SETNAME you",
        "2 SETNAME you nosuch",
        "2 no\r\nsuch",
        "-1",
        "99999999999999999999"
    };

    /** With the name, and maybe without an argument. */
    private static final String[] USERS = {
        "AUTH x",
        "auth default x",
        "AUTH default ",
        "AUTH Default x",
        "AUTH nosuch x",
        "AUTH",
        "AUTH a b c",
        "AUTH default\0 x"
    };

    private static final String[] CLIENTS = {
        "GETNAME",
        "getname",
        "GETNAME x",
        "SETNAME me",
        "SETNAME",
        "SETNAME ",
        "SETNAME a\0",
        "SETNAME \u00ff",
        "setname a\tb",
        "nosuch",
        "",
        "get name",
        "GETNAMES",
        "ID x",
        "INFO x",
        "a\r\nb",
        "SETNAME x y"
    };

    private static final String[] COMMANDS = {
        "INFO get",
        "info SET nosuch mget",
        "INFO client|id",
        "INFO hello auth reset nosuch",
        "INFO set expire mset",
        "INFO client|nosuch",
        "INFO get|x",
        "INFO a|b|c",
        "DOCS nosuch",
        "GETKEYS get k",
        "getkeys mset a 1 b 2 c",
        "GETKEYS mget a b c",
        "GETKEYS set a",
        "GETKEYS ping x",
        "GETKEYS nosuch x",
        "GETKEYS client id",
        "GETKEYS client nosuch",
        "GETKEYS get a b",
        "GETKEYS get",
        "nosuch",
        "COUNT x",
        "LIST FILTERBY",
        "LIST FILTERBY nosuch x",
        "LIST nosuch",
        "LIST FILTERBY module x",
        "LIST FILTERBY aclcat nosuch",
        "LIST FILTERBY pattern nosuch*",
        "LIST FILTERBY pattern [g]et",
        "LIST filterby PATTERN M[F-H]ET",
        "LIST FILTERBY pattern get y"
    };

    /**
     * None with a NUL behind a name: the original hashes all of it, and compares up to there, so that it depends on its
     * seed.
     */
    private static final String[] UNKNOWN = {
        "NOSUCH", "G", "GETT", "SETT", "", "PINGPING", "FLUSHDC", "INCRB", "EXPIRER", "TTLS", "CLIENTS"
    };

    private final Random random;

    /**
     * Tells whether deadlines are set and asked for as points of time; else as spans, whose ends the servers see at
     * different times.
     */
    private final boolean absolute;

    /** Tells whether SET may be given a deadline that is over: then it depends on the time how many keys there are. */
    private final boolean past;

    RandomCommands(long seed, boolean absolute) {
        this.random = new Random(seed);
        this.absolute = absolute;
        this.past = random.nextBoolean();
    }

    /** The arguments of the next one. */
    List<byte[]> next() {
        List<byte[]> command = new ArrayList<>();
        if (random.nextInt(12) == 0) {
            addWrong(command);
            return command;
        }
        switch (random.nextInt(14)) {
            case 0 -> add(command, any("PING", "ping"), any("", " k1", " a b"));
            case 1 -> add(command, "ECHO").add(value());
            case 2, 3 -> addSet(command);
            case 4, 5 -> add(command, any("GET", "gEt", "get")).add(key());
            case 6 -> addKeys(add(command, any("DEL", "EXISTS", "exists", "MGET", "mget")));
            case 7 -> addMset(command);
            case 8 -> add(command, any("INCR", "incr", "DECR")).add(key());
            case 9 -> {
                add(command, any("INCRBY", "DECRBY", "decrBy")).add(key());
                command.add(number());
            }
            case 10 -> addExpire(command);
            case 11 -> addDeadline(command);
            case 12 -> addAboutConnection(command);
            default -> addAboutServer(command);
        }
        return command;
    }

    private void addWrong(List<byte[]> command) {
        String names =
                "PING ECHO SET GET DEL MGET MSET EXISTS INCR DECRBY EXPIRE PEXPIREAT PERSIST SELECT CLIENT COMMAND"
                        + " DBSIZE AUTH RESET";
        add(command, random.nextBoolean() ? any(UNKNOWN) : any(names.split(" ")));
        // Without an argument these two are right, and their answers are the server's own.
        boolean needsSome = text(command.get(0)).matches("DBSIZE|COMMAND");
        for (int i = random.nextInt(7) + (needsSome ? 1 : 0); i > 0; i--) {
            command.add(value());
        }
    }

    private void addSet(List<byte[]> command) {
        add(command, any("SET", "set")).add(key());
        command.add(random.nextInt(3) == 0 ? number() : value());
        if (random.nextInt(3) == 0) {
            for (int i = random.nextInt(4); i >= 0; i--) {
                add(command, random.nextBoolean() ? any(SETS) : deadline());
            }
        }
    }

    private String deadline() {
        if (absolute) {
            String coming = any("EXAT 99999999999", "exat 9999999999999", "PXAT 9999999999999", "pxat 9999999999998");
            return past && random.nextBoolean() ? any("EXAT 1", "PXAT 1", "pxat 99999999999") : coming;
        }
        return any("EX 100000", "ex 4000", "PX 100000000", "px 4000000");
    }

    private void addMset(List<byte[]> command) {
        add(command, any("MSET", "mset"));
        for (int i = random.nextInt(4); i >= 0; i--) {
            command.add(key());
            command.add(value());
        }
        if (random.nextInt(5) == 0) {
            command.add(key());
        }
    }

    private void addExpire(List<byte[]> command) {
        if (random.nextInt(5) == 0) {
            add(command, "PERSIST").add(key());
            return;
        }
        add(command, absolute ? any("EXPIREAT", "PEXPIREAT", "expireat") : any("EXPIRE", "PEXPIRE", "expire"));
        command.add(key());
        int kind = random.nextInt(10);
        // 100 is for seconds: so many milliseconds would be over soon.
        String relative = text(command.get(0)).startsWith("P") ? any("4000000", "100000000", "0", "-1") : any(RELATIVE);
        command.add(
                kind == 0 ? number("x") : bytes(kind == 1 ? any(OUT_OF_RANGE) : absolute ? any(ABSOLUTE) : relative));
        if (random.nextBoolean()) {
            // Which of two spans ends later depends on the time.
            command.add(bytes(absolute ? any("NX", "XX", "GT", "gT", "LT", "lt") : any("NX", "XX", "xx")));
        }
        if (random.nextInt(6) == 0) {
            String option = any(EXPIRES);
            boolean compares = option.equalsIgnoreCase("gt") || option.equalsIgnoreCase("lt");
            command.add(bytes(compares && !absolute ? "NX" : option));
        }
    }

    private void addDeadline(List<byte[]> command) {
        add(command, absolute ? any("EXPIRETIME", "PEXPIRETIME", "pexpiretime") : any("TTL", "ttl"));
        command.add(key());
    }

    private void addAboutConnection(List<byte[]> command) {
        switch (random.nextInt(6)) {
            case 0 -> add(command, "SELECT").add(number());
            case 1, 2 -> {
                String arguments = any(HELLOS);
                add(command, any("HELLO", "hello"), arguments.isEmpty() ? "" : " " + arguments);
            }
            case 3 -> add(command, random.nextBoolean() ? any(USERS) : any("RESET", "reset", "RESET x"));
            default -> add(command, any("CLIENT ", "client ") + any(CLIENTS));
        }
    }

    private void addAboutServer(List<byte[]> command) {
        switch (random.nextInt(6)) {
            case 0 -> add(command, any("FLUSHDB", "flushdb"), any("", "", " sync", " ASYNC", " later", " a b"));
            case 1, 2 -> add(command, past ? "EXISTS none" : any("DBSIZE", "dbsize"));
            case 3 -> add(command, "INFO nosuch");
            default -> add(command, any("COMMAND ", "command ") + any(COMMANDS));
        }
    }

    private void addKeys(List<byte[]> command) {
        for (int i = random.nextInt(4); i >= 0; i--) {
            command.add(key());
        }
    }

    private byte[] key() {
        return switch (random.nextInt(12)) {
            case 0 -> new byte[0];
            case 1 -> bytes("k\r\n\0" + random.nextInt(3));
            default -> bytes("k" + random.nextInt(8));
        };
    }

    byte[] value() {
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
                return bytes("line\r\nend");
            default:
                return bytes("k" + random.nextInt(12));
        }
    }

    private byte[] number() {
        return random.nextInt(3) == 0 ? number("") : bytes(any(NUMBERS));
    }

    private byte[] number(String behind) {
        return bytes((random.nextLong() >> random.nextInt(64)) + behind);
    }

    private String any(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private static List<byte[]> add(List<byte[]> command, String... words) {
        for (String word : String.join("", words).split(" ", -1)) {
            command.add(bytes(word));
        }
        return command;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
