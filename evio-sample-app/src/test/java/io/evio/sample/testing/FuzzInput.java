package io.evio.sample.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Bytes of a fuzzer, taken apart: the last ones say in which pieces the others move, so that a kept input reads as what
 * is sent.
 *
 * @param sent what the peer sends
 * @param reads see {@link Pieces}
 * @param writes see {@link Pieces}
 */
public record FuzzInput(byte[] sent, byte[] reads, byte[] writes) {

    /** Longer ones teach nothing that shorter ones do not, with the limits that the targets have. */
    private static final int MOST = 1024;

    private static final int READS = 5;
    private static final int WRITES = 3;

    private static long inputs;

    /** Takes them apart; of too many the first. */
    public static FuzzInput of(byte[] all) {
        inputs++;
        byte[] bytes = all.length > MOST ? Arrays.copyOf(all, MOST) : all;
        int writes = Math.max(0, bytes.length - WRITES);
        int reads = Math.max(0, writes - READS);
        return new FuzzInput(
                Arrays.copyOf(bytes, reads),
                Arrays.copyOfRange(bytes, reads, writes),
                Arrays.copyOfRange(bytes, writes, bytes.length));
    }

    /** Notes how many there have been: the profile fuzz prints it at its end. */
    public static void tell(Class<?> target) throws IOException {
        String name = target.getSimpleName();
        Files.writeString(Path.of("target", name + ".inputs"), name + ": " + inputs + " inputs\n");
    }
}
