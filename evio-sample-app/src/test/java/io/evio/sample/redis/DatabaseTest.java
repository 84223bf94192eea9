package io.evio.sample.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class DatabaseTest {

    private final Database database = new Database();

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
    void aValueOfTheSameLengthGoesIntoTheSameArray() {
        byte[] bytes = bytes("keyabcxyz");
        database.set(bytes, 0, 3, 3, 3, false);
        byte[] reply = database.reply(bytes, 0, 3);
        database.set(bytes, 0, 3, 6, 3, false);
        assertThat(database.reply(bytes, 0, 3)).isSameAs(reply);
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
        while (database.size() > 10_000) {
            database.removeExpired();
            assertThat(++sweeps).isLessThan(100);
        }
        assertThat(get("key1")).isNotNull();
        database.clear();
        database.removeExpired();
        assertThat(database.size()).isZero();
    }

    private void set(String key, String value, boolean keepDeadline) {
        database.set(bytes(key + value), 0, key.length(), key.length(), value.length(), keepDeadline);
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
