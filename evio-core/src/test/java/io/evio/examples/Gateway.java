package io.evio.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.evio.Action;
import io.evio.Connection;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.OffLoop;
import io.evio.Output;
import io.evio.Tick;
import io.evio.frame.LengthPrefix;
import io.evio.frame.LengthPrefixScanner;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Connects devices that speak in binary frames: a 4-byte length, then a type, a 4-byte number and a body. A device logs
 * in, looks up values in a database, and asks other devices, whose answers come back under the number of the question.
 */
public class Gateway implements EvioHandler {
    private static final byte LOGIN = 1; // body: the device's 4-byte id and its key
    private static final byte LOOK_UP = 2; // body: a name
    private static final byte ASK = 3; // body: the other device's 4-byte id and the question
    private static final byte REPLY = 4;
    private static final byte ERROR = 5;
    private static final Duration LIMIT = Duration.ofSeconds(2); // of a login, a query and an answer
    private static final Map<String, String> ROWS = Map.of("key of 1", "red", "key of 2", "blue", "color", "green");

    private static final class Session {
        final long began = System.nanoTime();
        int device; // 0 before the login
    }

    private record Question(Connection from, int number, Connection to, long asked) {}
    // Keeps nothing of a connection, so all connections share it.
    private final LengthPrefixScanner frames = LengthPrefixScanner.of(LengthPrefix.ofBytes(4), 64 * 1024);
    private final OffLoop offLoop = new OffLoop(Executors.newFixedThreadPool(8)).within(LIMIT);
    private final Map<Integer, Connection> devices = new HashMap<>();
    private final Map<Integer, Question> questions = new HashMap<>();
    private int lastQuestion;

    @Override
    public Action opened(Connection connection, Output out) {
        connection.attach(new Session());
        connection.wakeAfter(LIMIT);
        return Action.NONE;
    }

    /** A frame that is too long or too short throws, which closes its connection. */
    @Override
    public Action data(Connection connection, ByteBuffer in, Output out) {
        Session session = connection.attachment();
        while (!offLoop.isFull(connection) && frames.next(in)) {
            ByteBuffer frame = frames.slice(in);
            byte type = frame.get();
            int number = frame.getInt();
            if (type < LOGIN || type > REPLY || (session.device == 0) != (type == LOGIN)) {
                return connection.fail("type " + type + " is unknown, or not allowed now");
            }
            switch (type) {
                case LOGIN -> logIn(connection, session, number, frame.getInt(), UTF_8.decode(frame) + "");
                case LOOK_UP -> { // the connection goes on meanwhile: replies may overtake one another
                    String name = UTF_8.decode(frame) + "";
                    offLoop.callAsync(
                            connection,
                            () -> find(name),
                            (value, reply) -> send(connection, REPLY, number, UTF_8.encode(value)),
                            (cause, reply) -> send(connection, ERROR, number, UTF_8.encode(cause.toString())));
                }
                case ASK -> ask(connection, number, devices.get(frame.getInt()), frame);
                default -> reply(connection, number, frame);
            }
        }
        boolean late = session.device == 0 && System.nanoTime() - session.began >= LIMIT.toNanos();
        return late ? connection.fail("no login in time") : Action.NONE;
    }

    /** Holds the connection up, because what follows needs the login. */
    private void logIn(Connection connection, Session session, int number, int device, String key) {
        offLoop.call(connection, () -> find("key of " + device), (value, out) -> {
            if (!value.equals(key) || devices.putIfAbsent(device, connection) != null) {
                return connection.fail("login refused");
            }
            session.device = device;
            return send(connection, REPLY, number, ByteBuffer.allocate(0));
        });
    }

    private void ask(Connection from, int number, @Nullable Connection to, ByteBuffer body) {
        if (to == null || to.closeReason() != null) {
            send(from, ERROR, number, UTF_8.encode("no such device"));
            return;
        }
        questions.put(++lastQuestion, new Question(from, number, to, System.nanoTime()));
        send(to, ASK, lastQuestion, body);
    }

    private void reply(Connection by, int id, ByteBuffer body) {
        Question question = questions.get(id);
        if (question != null && question.to == by) {
            questions.remove(id);
            send(question.from, REPLY, question.number, body);
        }
    }

    @Override
    public Tick tick() {
        for (Question question : questions.values().toArray(new Question[0])) {
            if (System.nanoTime() - question.asked >= LIMIT.toNanos()) {
                questions.values().remove(question);
                send(question.from, ERROR, question.number, UTF_8.encode("no answer"));
            }
        }
        return Tick.after(Duration.ofMillis(100));
    }

    @Override
    public Action closed(Connection connection, @Nullable IOException error) {
        devices.values().remove(connection);
        questions.values().removeIf(question -> question.from == connection);
        return Action.NONE;
    }

    /** Writes a frame to any connection of the loop; one that is about to end takes nothing more. */
    private static Action send(Connection to, byte type, int number, ByteBuffer body) {
        if (to.closeReason() == null) {
            to.output().writeInt(5 + body.remaining());
            to.output().write(type);
            to.output().writeInt(number);
            to.output().write(body);
        }
        return Action.NONE;
    }

    private static String find(String name) throws IOException, InterruptedException {
        Thread.sleep(5); // stands for a query of a database
        return Optional.ofNullable(ROWS.get(name)).orElseThrow(() -> new IOException("no row " + name));
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new Gateway(), addresses);
    }
}
