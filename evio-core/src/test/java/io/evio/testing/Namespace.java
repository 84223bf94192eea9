package io.evio.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A network namespace of the test's own, joined to this one by a pair of veth(4) devices with an address each, whose
 * link can be taken down. By ip(8), which needs root.
 */
public final class Namespace implements AutoCloseable {

    private static final AtomicInteger MADE = new AtomicInteger();

    private final String name;

    /** Of this side. */
    private final String device;

    /** Up to the last dot. */
    private final String network;

    private Namespace(String name, String device, String network) {
        this.name = name;
        this.device = device;
        this.network = network;
    }

    /** Makes one. Without the right to do so the test is aborted; in CI it fails. */
    public static Namespace create() throws IOException, InterruptedException {
        Programs.require("ip", "iproute2");
        long pid = ProcessHandle.current().pid();
        int number = MADE.incrementAndGet();
        // Of RFC 2544, for tests of network devices.
        String network = "198." + (18 + pid / 256 % 2) + "." + pid % 256 + ".";
        Namespace made = new Namespace("evio-" + pid + "-" + number, "ev" + pid % 1_000_000 + "x" + number, network);
        made.begin();
        return made;
    }

    private void begin() throws IOException, InterruptedException {
        try {
            Programs.output("ip", "netns", "add", name);
        } catch (AssertionError e) {
            Programs.unavailable("No network namespace can be made, which needs root: " + e.getMessage());
        }
        try {
            ip("link", "add", device, "type", "veth", "peer", "name", "peer0", "netns", name);
            ip("addr", "add", here() + "/30", "dev", device);
            ip("link", "set", device, "up");
            inside("addr", "add", there() + "/30", "dev", "peer0");
            inside("link", "set", "peer0", "up");
        } catch (AssertionError e) {
            close();
            Programs.unavailable("The network namespace cannot be joined to this one: " + e.getMessage());
        }
    }

    /** Returns the address of this side, to be listened on. */
    public String here() {
        return network + "1";
    }

    /** Returns the address of the other side. */
    public String there() {
        return network + "2";
    }

    /** Starts a program in the namespace; its input and output are pipes. */
    public Process start(String... command) throws IOException {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
        all.addAll(List.of(command));
        return new ProcessBuilder(all).redirectErrorStream(true).start();
    }

    /** Takes the link down on the other side: what is there vanishes, without a FIN and without a reset. */
    public void cut() throws IOException, InterruptedException {
        inside("link", "set", "peer0", "down");
    }

    private static void ip(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("ip"));
        command.addAll(Arrays.asList(arguments));
        Programs.output(command.toArray(String[]::new));
    }

    private void inside(String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("-n", name));
        all.addAll(Arrays.asList(arguments));
        ip(all.toArray(String[]::new));
    }

    /** Removes it, and with it the devices. */
    @Override
    public void close() {
        try {
            new ProcessBuilder("ip", "link", "del", device).start().waitFor();
            Process removal = new ProcessBuilder("ip", "netns", "del", name)
                    .redirectErrorStream(true)
                    .start();
            String output = new String(removal.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (removal.waitFor() != 0) {
                throw new AssertionError("The namespace " + name + " cannot be removed: " + output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
