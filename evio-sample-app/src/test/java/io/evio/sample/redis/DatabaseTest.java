package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class DatabaseTest {

    private final Statistics statistics = new Statistics();
    private final Database database = new Database(statistics);

    @Test
    void aValueIsKeptAsTheReplyToItsGet() {
        set("key", "value", false);
        assertThat(get("key")).isEqualTo("$5\r\nvalue\r\n");
        set("key", "", false);
        assertThat(get("key")).isEqualTo("$0\r\n\r\n");
        set("key", "0123456789", false);
        assertThat(get("key")).isEqualTo("$10\r\n0123456789\r\n");
        assertThat(get("other")).isNull();
    }

    @Test
    void aValueOfAnyLengthIsCopiedAsAWhole() {
        String letters = "abcdefghijklmnopqrstuvwxyz";
        for (int length = 0; length <= letters.length(); length++) {
            for (String value : List.of(letters.substring(0, length), letters.substring(letters.length() - length))) {
                set("key", value, false);
                assertThat(get("key")).isEqualTo("$" + length + "\r\n" + value + "\r\n");
            }
        }
    }

    @Test
    void aValueOfTheSameLengthGoesIntoTheSameArray() {
        set("key", "abc", false);
        byte[] reply = database.reply(bytes("key"), 0, 3);
        set("key", "xyz", false);
        assertThat(database.reply(bytes("key"), 0, 3)).isSameAs(reply);
        assertThat(get("key")).isEqualTo("$3\r\nxyz\r\n");
    }

    @Test
    void aKeyGoesAtItsDeadline() {
        set("gone", "1", false);
        set("there", "2", false);
        expire("gone", System.currentTimeMillis());
        expire("there", System.currentTimeMillis() + 100_000);
        assertThat(get("gone")).isNull();
        assertThat(get("there")).isNotNull();
        assertThat(database.remove(bytes("gone"), 0, 4)).isFalse();
        assertThat(database.size()).isOne();
    }

    @Test
    void aNewValueIsForEverUnlessTheDeadlineIsKept() {
        set("key", "1", false);
        expire("key", System.currentTimeMillis() + 100);
        set("key", "2", true);
        await().until(() -> get("key") == null);

        set("key", "1", false);
        expire("key", System.currentTimeMillis() + 100);
        set("key", "2", false);
        await().pollDelay(Duration.ofMillis(150)).until(() -> get("key") != null);
    }

    @Test
    void keysNobodyAsksForGoToo() {
        for (int i = 0; i < 20_000; i++) {
            set("key" + i, "value", false);
            expire("key" + i, i % 2 == 0 ? 1 : Long.MAX_VALUE);
        }
        int sweeps = 0;
        int before = database.size();
        while (database.size() > 10_000) {
            boolean more = database.sweep();
            // A sweep is bounded, and says whether another one soon is worth it.
            assertThat(before - database.size()).isLessThanOrEqualTo(4096);
            assertThat(more).as("%s left", database.size()).isEqualTo(before - database.size() > 100);
            before = database.size();
            assertThat(++sweeps).isLessThan(100);
        }
        assertThat(statistics.expired).isEqualTo(10_000);
        assertThat(statistics.averageTimeToLive()).isPositive();
        assertThat(database.sizeWithDeadline()).isEqualTo(10_000);
        assertThat(get("key1")).isNotNull();
        database.clear();
        assertThat(database.sweep()).isFalse();
        assertThat(database.size()).isZero();
    }

    @Test
    void aDeadlineCanBeAskedForMovedAndTakenAway() {
        long soon = System.currentTimeMillis() + 100_000;
        set("key", "1", false);
        assertThat(deadline("key")).isEqualTo(Database.NEVER);
        expire("key", soon);
        expire("key", soon + 1);
        assertThat(deadline("key")).isEqualTo(soon + 1);
        assertThat(database.sizeWithDeadline()).isOne();
        assertThat(database.persist(bytes("key"), 0, 3)).isTrue();
        assertThat(database.persist(bytes("key"), 0, 3)).isFalse();
        assertThat(deadline("key")).isEqualTo(Database.NEVER);
    }

    @Test
    void readsCountAsHitsAndMisses() {
        set("key", "1", false);
        database.read(bytes("key"), 0, 3);
        database.read(bytes("no"), 0, 2);
        database.read(bytes("no"), 0, 2);
        assertThat(statistics.hits).isOne();
        assertThat(statistics.misses).isEqualTo(2);
    }

    private void set(String key, String value, boolean keepDeadline) {
        Arguments command = new Arguments();
        command.in(bytes(key + value));
        command.add(0, key.length());
        command.add(key.length(), value.length());
        database.set(command, 0, keepDeadline);
    }

    private long deadline(String key) {
        return database.deadline(bytes(key), 0, key.length());
    }

    private void expire(String key, long millis) {
        database.expire(bytes(key), 0, key.length(), millis);
    }

    private String get(String key) {
        byte[] reply = database.reply(bytes(key), 0, key.length());
        return reply == null ? null : new String(reply, StandardCharsets.ISO_8859_1);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }
}
