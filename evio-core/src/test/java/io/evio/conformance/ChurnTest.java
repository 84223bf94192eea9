package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.Action;
import io.evio.Connection;
import io.evio.EvioServer;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.EveryTransport;
import io.evio.testing.TestHandler;
import io.evio.testing.Transport;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Wake, send and close from eight threads while connections come and go under the same few descriptors.
 *
 * <p>Connections with an even id are nobody's business but their own: whatever happens to one of them was meant for
 * another. What was accepted for one with an odd id has to arrive there.
 */
class ChurnTest extends ConformanceTest {

    private static final int VISITORS = 4;
    private static final int VISITS = 150;
    private static final int MEDDLERS = 8;

    /** Message of {@code send}: an 's' and the id in so many digits. */
    private static final int DIGITS = 9;

    /** The requests made of one connection, and those that its events have seen. */
    private static final class Account {
        final Connection connection;
        final AtomicInteger wakesAsked = new AtomicInteger();
        final AtomicInteger sendsAccepted = new AtomicInteger();
        volatile int wakesSeen;
        volatile boolean ended;

        Account(Connection connection) {
            this.connection = connection;
        }
    }

    private final Map<Long, Account> accounts = new ConcurrentHashMap<>();
    private final Queue<String> wrongs = new ConcurrentLinkedQueue<>();

    /** P5, P9: none is lost, none goes to a later connection that got the same descriptor. */
    @EveryTransport
    void everyRequestReachesItsConnectionOrNone(Transport transport) throws Exception {
        TestHandler handler = new TestHandler()
                .withoutLog()
                .onOpened((connection, out) -> {
                    Account account = new Account(connection);
                    connection.attach(account);
                    accounts.put(connection.id(), account);
                    out.writeAscii(message(connection.id()));
                    return Action.NONE;
                })
                .onData((connection, in, out) -> {
                    Account account = connection.attachment();
                    account.wakesSeen = account.wakesAsked.get();
                    if (!in.hasRemaining() && account.wakesSeen == 0) {
                        wrongs.add("a wake for another one reached " + connection);
                    }
                    out.write(in);
                    return Action.NONE;
                })
                .onClosed((connection, error) -> {
                    Account account = connection.attachment();
                    account.ended = true;
                    if (account.connection != connection) {
                        wrongs.add("the end of another one reached " + connection);
                    }
                    return Action.NONE;
                });
        EvioServer server = start(handler, transport.address(folder));
        List<Client> staying = new ArrayList<>();
        try (Crowd meddlers = Crowd.start(MEDDLERS, index -> meddle(server, new Random(index)));
                Crowd visitors = Crowd.start(VISITORS, index -> {
                    Random random = new Random(100 + index);
                    for (int i = 0; i < VISITS && wrongs.isEmpty(); i++) {
                        try (Client client = Client.connect(server.addresses().get(0))) {
                            visit(client, random);
                        }
                    }
                })) {
            visitors.join();
            // Those that stay, without anything else that would turn the loop.
            for (int i = 0; i < 8; i++) {
                staying.add(connect(server));
            }
            Eventually.holds(
                    () -> assertThat(server.stats().connectionsActive()).isGreaterThanOrEqualTo(4));
            meddlers.interrupt();
            meddlers.join();
        }
        Eventually.holds(() -> {
            assertThat(accounts.values())
                    .filteredOn(account -> !account.ended)
                    .allSatisfy(account -> assertThat(account.wakesSeen)
                            .as("wakes seen of %s", account.connection)
                            .isEqualTo(account.wakesAsked.get()));
            assertThat(accounts).hasSize((int) server.stats().connectionsOpened());
        });
        assertThat(wrongs).isEmpty();
        assertThat(accounts).hasSize(VISITORS * VISITS + 8);
        assertThat(accounts.values())
                .filteredOn(account -> account.wakesSeen > 0)
                .isNotEmpty();
        List<Account> alive =
                accounts.values().stream().filter(account -> !account.ended).toList();
        server.stop(Duration.ZERO);
        for (Client client : staying) {
            String greeting = client.read(1 + DIGITS);
            Account account = accounts.get(Long.parseLong(greeting.substring(1)));
            String rest = client.readToEnd();
            int arrived = rest.length() / greeting.length();
            assertThat(rest).isEqualTo(greeting.repeat(arrived));
            // One that ends while it is asked may answer false and send after all.
            assertThat(arrived)
                    .isGreaterThanOrEqualTo(account.sendsAccepted.get())
                    .isLessThanOrEqualTo(account.sendsAccepted.get() + (alive.contains(account) ? 0 : MEDDLERS));
        }
        assertThat(accounts.values())
                .allSatisfy(account -> assertThat(account.connection.wake()).isFalse());
        assertThat(server.stats().handlerErrors()).isZero();
    }

    private static String message(long id) {
        return "s" + String.valueOf(1_000_000_000L + id).substring(1);
    }

    /** Asks what may be asked of odd connections, by their objects and by their ids, of the present and the past. */
    private void meddle(EvioServer server, Random random) throws InterruptedException {
        while (!Thread.currentThread().isInterrupted()) {
            long id = server.stats().connectionsOpened() - random.nextInt(12) | 1;
            Account account = accounts.get(id);
            if (account == null) {
                Thread.onSpinWait();
                continue;
            }
            boolean wasEnded = account.ended;
            boolean byId = random.nextBoolean();
            byte[] message = message(id).getBytes(StandardCharsets.US_ASCII);
            int what = random.nextInt(40);
            boolean accepted = switch (what) {
                case 0 -> byId ? server.closeConnection(id) : account.connection.close();
                case 1, 2, 3, 4 -> byId ? server.send(id, message) : account.connection.send(message);
                default -> {
                    account.wakesAsked.incrementAndGet();
                    yield byId ? server.wake(id) : account.connection.wake();
                }
            };
            if (accepted && what > 0 && what < 5) {
                account.sendsAccepted.incrementAndGet();
            }
            if (accepted && wasEnded) {
                wrongs.add(account.connection + " had ended, and took a request");
            }
            if (random.nextInt(8) == 0) {
                Thread.yield();
            }
        }
    }

    /** A visit: some echoes, among which may only come the messages for one's own odd id. */
    private void visit(Client client, Random random) throws IOException {
        String greeting = client.read(1 + DIGITS);
        long id = Long.parseLong(greeting.substring(1));
        try {
            for (int i = random.nextInt(4); i >= 0; i--) {
                client.send("e");
                for (String next = client.read(1); !next.equals("e"); next = client.read(1)) {
                    String foreign = next + client.read(DIGITS);
                    if (id % 2 == 0 || !foreign.equals(greeting)) {
                        wrongs.add("connection " + id + " got '" + foreign + "'");
                        return;
                    }
                }
            }
        } catch (IOException | AssertionError e) {
            // Those with odd ids are closed by others at times.
            if (id % 2 == 0) {
                wrongs.add("connection " + id + " was ended for another: " + e);
            }
        }
    }
}
