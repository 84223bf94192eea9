package io.evio.sample.testing;

import java.io.IOException;
import java.net.ServerSocket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for programs that have to be told theirs, or that nobody is to listen on. They are below those that the system
 * gives away by itself (32768 to 60999 on Linux), so that nothing else of the tests gets one meanwhile.
 */
public final class FreePort {

    private static final int LOWEST = 12_000;
    private static final int BEHIND = 32_000;

    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    private FreePort() {}

    /** Returns a port that is free, and that it has not returned before. */
    public static int find() {
        for (; ; ) {
            int port = ThreadLocalRandom.current().nextInt(LOWEST, BEHIND);
            if (GIVEN.add(port) && isFree(port)) {
                return port;
            }
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket probe = new ServerSocket(port)) {
            return probe.isBound();
        } catch (IOException e) {
            return false;
        }
    }
}
