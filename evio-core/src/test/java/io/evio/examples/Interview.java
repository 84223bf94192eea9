package io.evio.examples;

import io.evio.Action;
import io.evio.Connection;
import io.evio.DetachedConnection;
import io.evio.Evio;
import io.evio.EvioHandler;
import io.evio.Output;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Questions and answers, written as if there were only one client: each connection leaves the loop at once, for a
 * thread of its own that blocks on plain streams.
 */
public class Interview implements EvioHandler {

    @Override
    public Action opened(Connection connection, Output out) {
        out.writeUtf8("You are number " + connection.id() + ".\n");
        return Action.DETACH;
    }

    /** The greeting is out. From here on the socket is ours, and ours to close. */
    @Override
    public Action detached(Connection connection, DetachedConnection socket) {
        Thread thread = new Thread(() -> interview(socket), "interview-" + connection.id());
        thread.setDaemon(true);
        thread.start();
        return Action.NONE;
    }

    private static void interview(DetachedConnection socket) {
        try (socket;
                OutputStream out = socket.outputStream();
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.inputStream(), StandardCharsets.UTF_8))) {
            say(out, "What is your name?");
            String name = in.readLine();
            say(out, "And where do you live, " + name + "?");
            String place = in.readLine();
            say(out, "Goodbye to " + place + "!");
        } catch (IOException e) {
            // The client has left before the end.
        }
    }

    private static void say(OutputStream out, String line) throws IOException {
        out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
    }

    public static void main(String[] addresses) throws IOException {
        Evio.serve(new Interview(), addresses);
    }
}
