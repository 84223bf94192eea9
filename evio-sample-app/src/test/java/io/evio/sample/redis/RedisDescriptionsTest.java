package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server's description of its commands, its clients and itself, beside what a real redis-server tells. */
@Timeout(120)
class RedisDescriptionsTest {

    /** Prose, which is our own: clients show it, and read nothing out of it. */
    private static final Set<String> PROSE = Set.of("summary", "complexity", "history");

    @TempDir
    private static Path folder;

    private static BothRedis both;

    @BeforeAll
    static void start() throws IOException {
        both = BothRedis.start(folder);
    }

    @AfterAll
    static void stop() {
        if (both != null) {
            both.close();
        }
    }

    /** CLIENT SETINFO came with redis-server 7.2. */
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CLIENT_SETINFO")
    void commandInfoIsTheSame(Command command) throws IOException {
        String request = "COMMAND INFO " + command.fullName;
        for (Protocol protocol : Protocol.values()) {
            assertThat(supported(RespValue.ask(both.ours(), protocol, request)))
                    .isEqualTo(supported(RespValue.ask(both.real(), protocol, request)));
        }
    }

    /**
     * The infos of commands, their subcommands sorted, without those that are not supported, and CLIENT SETINFO; with
     * the mark of each list of infos.
     */
    private static Map<Character, Object> supported(Object infos) {
        List<Object> result = new ArrayList<>();
        for (Object info : RespValue.elements(infos)) {
            List<Object> fields = new ArrayList<>((List<?>) info);
            fields.set(9, supported(fields.get(9)));
            if (isCompared((String) fields.get(0))) {
                result.add(fields);
            }
        }
        result.sort(Comparator.comparing(Object::toString));
        return Map.of(RespValue.mark(infos), result);
    }

    private static boolean isCompared(String fullName) {
        return Command.named(fullName) != null && Command.named(fullName) != Command.CLIENT_SETINFO;
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "CLIENT_SETINFO")
    void commandDocsAreTheSameButForTheProse(Command command) throws IOException {
        String request = "COMMAND DOCS " + command.fullName;
        for (Protocol protocol : Protocol.values()) {
            Map<String, Object> ours = docs(protocol, RespValue.ask(both.ours(), protocol, request));
            assertThat(ours).isEqualTo(docs(protocol, RespValue.ask(both.real(), protocol, request)));
            assertThat(ours).containsKey(command.fullName);
        }
    }

    private static Map<String, Object> docs(Protocol protocol, Object reply) {
        Map<String, Object> docs = map(protocol, reply);
        docs.keySet().removeIf(name -> !isCompared(name));
        docs.replaceAll((name, fields) -> {
            Map<String, Object> kept = map(protocol, fields);
            kept.keySet().removeAll(PROSE);
            kept.replaceAll((field, value) -> field.equals("subcommands") ? docs(protocol, value) : value);
            return kept;
        });
        return docs;
    }

    private static Map<String, Object> map(Protocol protocol, Object reply) {
        assertThat(RespValue.mark(reply)).isEqualTo(protocol == Protocol.RESP3 ? '%' : '*');
        List<?> list = RespValue.elements(reply);
        Map<String, Object> map = new LinkedHashMap<>();
        for (int i = 0; i < list.size(); i += 2) {
            map.put((String) list.get(i), list.get(i + 1));
        }
        return map;
    }

    @Test
    void commandTellsOfAllCommands() throws IOException {
        List<Object> each = new ArrayList<>();
        for (Command command : Command.TOP) {
            each.addAll((List<?>) RespValue.ask(both.ours(), "COMMAND INFO " + command.fullName));
        }
        assertThat(RespValue.ask(both.ours(), "COMMAND")).isEqualTo(each);
        assertThat(RespValue.ask(both.ours(), "COMMAND INFO")).isEqualTo(each);
        assertThat(RespValue.ask(both.ours(), "COMMAND COUNT")).isEqualTo((long) each.size());
        assertThat((List<?>) RespValue.ask(both.ours(), "COMMAND DOCS")).hasSize(2 * each.size());
        assertThat(RespValue.ask(both.ours(), "COMMAND LIST"))
                .isEqualTo(Arrays.stream(Command.values()).map(c -> c.fullName).toList());
    }

    /** RESP3 says what is a map, a set or a text for people; what they consist of is the same, in the same order. */
    @ParameterizedTest
    @ValueSource(
            strings = {"COMMAND", "COMMAND INFO", "COMMAND DOCS", "COMMAND LIST", "CLIENT HELP", "INFO replication"})
    void bothProtocolsTellTheSame(String request) throws IOException {
        Object resp2 = RespValue.ask(both.ours(), Protocol.RESP2, request);
        Object resp3 = RespValue.ask(both.ours(), Protocol.RESP3, request);
        assertThat(plain(resp3)).isEqualTo(resp2);
        assertThat(RespValue.mark(resp3))
                .isEqualTo(RespValue.mark(RespValue.ask(both.real(), Protocol.RESP3, request)));
    }

    private static Object plain(Object value) {
        return value instanceof String || value instanceof RespValue.Verbatim
                ? RespValue.text(value)
                : value instanceof Long
                        ? value
                        : RespValue.elements(value).stream()
                                .map(RedisDescriptionsTest::plain)
                                .toList();
    }

    @Test
    void listsTheSameCommandsOfACategory() throws IOException {
        for (String category : "string keyspace fast SLOW connection dangerous read write nosuch".split(" ")) {
            assertSameNames("COMMAND LIST FILTERBY ACLCAT " + category);
        }
    }

    @Test
    void listsTheSameCommandsOfAPatternWithANegatedSet() throws IOException {
        for (String pattern : "*[^-]?| [^-a]* g[^-]t [^-]* [^]* [^]]* [^ g[^ [^^]* *[^-]".split(" ")) {
            assertSameNames("COMMAND LIST FILTERBY PATTERN " + pattern);
        }
    }

    @Test
    void listsTheSameCommandsOfARandomPattern() throws IOException {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        String[] parts = {
            "*", "*", "?", "e", "g", "t", "get", "[", "]", "[a-m]", "[^s]", "[m-a]", "-", "^", "\\", "\\e", "|", "G"
        };
        for (int i = 0; i < 3_000; i++) {
            StringBuilder pattern = new StringBuilder();
            for (int n = random.nextInt(7); n >= 0; n--) {
                pattern.append(parts[random.nextInt(parts.length)]);
            }
            assertSameNames("COMMAND LIST FILTERBY PATTERN " + pattern);
        }
    }

    private static void assertSameNames(String request) throws IOException {
        assertThat(names(both.ours(), request)).as(request).isEqualTo(names(both.real(), request));
    }

    private static List<String> names(Path socket, String request) throws IOException {
        return ((List<?>) RespValue.ask(socket, request))
                .stream()
                        .map(String.class::cast)
                        .filter(RedisDescriptionsTest::isCompared)
                        .sorted()
                        .toList();
    }

    @Test
    void helpBeginsAndEndsAsTheOriginals() throws IOException {
        for (String container : new String[] {"CLIENT", "COMMAND"}) {
            List<?> ours = (List<?>) RespValue.ask(both.ours(), container + " HELP");
            List<?> real = (List<?>) RespValue.ask(both.real(), container + " HELP");
            assertThat(ours.get(0)).isEqualTo(real.get(0));
            assertThat(ours.subList(ours.size() - 2, ours.size()))
                    .isEqualTo(real.subList(real.size() - 2, real.size()));
            for (Command subcommand : Command.valueOf(container).subcommands) {
                String name = subcommand.fullName.substring(container.length() + 1);
                assertThat(ours)
                        .anySatisfy(line ->
                                assertThat(line.toString().split(" ")[0]).isEqualToIgnoringCase("+" + name));
            }
        }
    }

    /** The last two came with redis-server 7.2. */
    @ParameterizedTest
    @EnumSource
    void clientInfoHasTheSameFields(Protocol protocol) throws IOException {
        String ours = text(both.ours(), protocol, "CLIENT INFO");
        String real = text(both.real(), protocol, "CLIENT INFO");
        List<String> expected = new ArrayList<>(fieldNames(real, " ", "="));
        expected.addAll(List.of("lib-name", "lib-ver"));
        assertThat(fieldNames(ours, " ", "=")).isEqualTo(expected);
        assertThat(ours)
                .startsWith("id=")
                .contains(" addr=" + both.ours() + ":0 laddr=" + both.ours() + ":0 ")
                .contains(" flags=U ", " cmd=client|info user=default ", " resp=" + protocol.version + " ")
                .endsWith("\n");
    }

    /** Fewer than the original has, but none that it does not have, except the one that says which server this is. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "server",
                "Clients",
                "MEMORY",
                "stats",
                "replication",
                "cluster",
                "keyspace",
                "all",
                "default",
                "server nosuch keyspace"
            })
    void infoHasItsFieldsInTheOriginalsOrder(String sections) throws IOException {
        for (Protocol protocol : Protocol.values()) {
            checkInfo(protocol, sections);
        }
    }

    private static void checkInfo(Protocol protocol, String sections) throws IOException {
        RespValue.ask(both.ours(), "SET k v EX 1000");
        RespValue.ask(both.real(), "SET k v EX 1000");
        String ours = text(both.ours(), protocol, "INFO " + sections);
        List<String> names = new ArrayList<>(fieldNames(ours, "\r\n", ":"));
        assertThat(ours).doesNotContain("null").endsWith("\r\n");
        names.remove("server_name");
        List<String> real = new ArrayList<>(fieldNames(text(both.real(), protocol, "INFO " + sections), "\r\n", ":"));
        real.retainAll(names);
        assertThat(names).isNotEmpty().isEqualTo(real);
    }

    /** A bulk in RESP2, verbatim in RESP3. */
    private static String text(Path socket, Protocol protocol, String request) throws IOException {
        Object reply = RespValue.ask(socket, protocol, request);
        if (protocol == Protocol.RESP3) {
            assertThat(reply)
                    .isInstanceOfSatisfying(
                            RespValue.Verbatim.class,
                            verbatim -> assertThat(verbatim.format()).isEqualTo("txt"));
        }
        return RespValue.text(reply);
    }

    private static List<String> fieldNames(String text, String between, String behindName) {
        return Arrays.stream(text.split(between))
                .map(field -> field.split(behindName, 2)[0])
                .filter(name -> !name.isEmpty())
                .toList();
    }
}
