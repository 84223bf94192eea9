package io.evio.testing;

import io.evio.Address;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** OpenSSL's {@code s_client}, towards a server. */
public final class OpenSsl implements AutoCloseable {

    private final Process process;
    private final OutputStream input;
    private final StringBuffer output = new StringBuffer();
    private final Thread reader;

    private OpenSsl(Process process) {
        this.process = process;
        this.input = process.getOutputStream();
        this.reader = new Thread(this::readOutput, "s_client-output");
        reader.setDaemon(true);
        reader.start();
    }

    /** Connects, with these options; {@code -msg} has it print every message. */
    public static OpenSsl connect(Address address, String... options) throws IOException {
        Programs.require("openssl", "openssl");
        List<String> command =
                new ArrayList<>(List.of("openssl", "s_client", "-connect", address.host() + ":" + address.port()));
        command.addAll(List.of(options));
        return new OpenSsl(new ProcessBuilder(command).redirectErrorStream(true).start());
    }

    private void readOutput() {
        try (InputStream stream = process.getInputStream()) {
            byte[] bytes = new byte[8192];
            for (int n = stream.read(bytes); n >= 0; n = stream.read(bytes)) {
                output.append(new String(bytes, 0, n, StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            output.append(e);
        }
    }

    /** Types this: at the start of a line {@code R} renegotiates, {@code k} and {@code K} update the key. */
    public OpenSsl type(String text) throws IOException {
        input.write(text.getBytes(StandardCharsets.ISO_8859_1));
        input.flush();
        return this;
    }

    public String output() {
        return output.toString();
    }

    /** Waits until it has printed this. */
    public OpenSsl await(String text) {
        Eventually.isTrue("'" + text + "' in what s_client prints", () -> {
            if (output.indexOf(text) >= 0) {
                return true;
            }
            if (!process.isAlive() && !reader.isAlive() && output.indexOf(text) < 0) {
                throw new AssertionError("s_client has ended without '" + text + "' in\n" + output);
            }
            return false;
        });
        return this;
    }

    /** Waits for its end, and returns all that it has printed. */
    public String awaitEnd() throws InterruptedException {
        if (!process.waitFor(Eventually.PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("s_client goes on after\n" + output);
        }
        reader.join(Eventually.PATIENCE.toMillis());
        return output();
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
        process.destroyForcibly();
    }
}
