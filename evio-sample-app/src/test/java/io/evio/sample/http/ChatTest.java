package io.evio.sample.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that leave HTTP, and the loop. */
@Timeout(60)
class ChatTest {

    private static final String UPGRADE =
            "GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n";
    private static final String SWITCHED =
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: chat\r\n\r\n";

    private OurHttp http;

    @BeforeEach
    void start() throws IOException {
        http = OurHttp.start();
    }

    @AfterEach
    void stop() {
        http.close();
    }

    @Test
    void linesGoToAllOthers() throws IOException {
        // More members than the machine is likely to have processors: each has threads of its own.
        List<HttpSocket> members = new ArrayList<>();
        try {
            for (int i = 1; i <= 20; i++) {
                HttpSocket member = http.connect().send(UPGRADE);
                members.add(member);
                assertThat(HttpSocket.withoutDate(member.receiveHead())).isEqualTo(SWITCHED);
                for (HttpSocket each : members) {
                    assertThat(each.receiveLine()).isEqualTo("* " + i + " is here");
                }
            }
            for (int i = 1; i <= 20; i++) {
                members.get(i - 1).send("hello\r\n\u00c3\u00a4\u001b[1m\n");
                for (HttpSocket each : members) {
                    if (each != members.get(i - 1)) {
                        assertThat(each.receiveLine()).isEqualTo(i + ": hello");
                        assertThat(each.receiveLine()).isEqualTo(i + ": \u00c3\u00a4[1m");
                    }
                }
            }
            assertThat(http.server().stats().connectionsDetached()).isEqualTo(20);
            members.remove(0).close();
            for (HttpSocket each : members) {
                assertThat(each.receiveLine()).isEqualTo("* 1 is gone");
            }
        } finally {
            for (HttpSocket member : members) {
                member.close();
            }
        }
        await().until(() -> threads() == 0);
    }

    @Test
    void whatIsSentAheadIsTheChatsAlready() throws IOException {
        try (HttpSocket first = http.connect().send(UPGRADE)) {
            first.receiveHead();
            assertThat(first.receiveLine()).isEqualTo("* 1 is here");
            try (HttpSocket second =
                    http.connect().send("GET /slow?millis=10 HTTP/1.1\r\nHost: a\r\n\r\n" + UPGRADE + "hello\n")) {
                assertThat(second.receiveReply()).contains("done in 10 ms");
                assertThat(HttpSocket.withoutDate(second.receiveHead())).isEqualTo(SWITCHED);
                assertThat(first.receiveLine()).isEqualTo("* 2 is here");
                assertThat(first.receiveLine()).isEqualTo("2: hello");
            }
        }
    }

    @Test
    void aLineWithoutAnEndIsTheEnd() throws IOException {
        try (HttpSocket member = http.connect().send(UPGRADE)) {
            member.receiveHead();
            assertThat(member.receiveLine()).isEqualTo("* 1 is here");
            member.send("x".repeat(1001));
            assertThat(member.receiveAll()).isEmpty();
        }
    }

    @Test
    void aMemberThatDoesNotReadIsPutOutAndHoldsUpNobody() throws IOException {
        String line = "x".repeat(999);
        try (HttpSocket silent = new HttpSocket(http.port(), 4096).send(UPGRADE)) {
            silent.receiveHead();
            try (HttpSocket loud = http.connect().send(UPGRADE)) {
                loud.receiveHead();
                loud.receiveLine();
                for (int i = 0; i < 20_000 && loud.available() == 0; i++) {
                    loud.send(line + "\n");
                }
                assertThat(loud.receiveLine()).isEqualTo("* 1 is gone");
            }
        }
    }

    @Test
    void theChatEndsWithItsHandler() throws IOException {
        try (HttpSocket member = http.connect().send(UPGRADE)) {
            member.receiveHead();
            assertThat(member.receiveLine()).isEqualTo("* 1 is here");
            http.close();
            assertThat(member.receiveAll()).isEmpty();
        }
        await().until(() -> threads() == 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /upgrade HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /upgrade HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
                "GET /upgrade HTTP/1.1\r\nHost: a\r\nUpgrade: chat\r\n\r\n",
                "GET /upgrade HTTP/1.0\r\nConnection: keep-alive, upgrade\r\nUpgrade: chat\r\n\r\n"
            })
    void nobodyIsUpgradedWhoHasNotAskedForIt(String request) throws IOException {
        try (HttpSocket client = http.connect().send(request)) {
            assertThat(client.receiveReply())
                    .startsWith("HTTP/1.1 426 Upgrade Required\r\n")
                    .contains("\r\nConnection: upgrade\r\nUpgrade: chat\r\n");
            assertThat(client.send(request).receiveReply()).startsWith("HTTP/1.1 426 ");
        }
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("chat-"))
                .count();
    }
}
