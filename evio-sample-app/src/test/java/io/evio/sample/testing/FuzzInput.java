package io.evio.sample.testing;

import java.util.Arrays;

/**
 * Bytes of a fuzzer, taken apart: the last ones say in which pieces the others move, so that a kept input reads as what is sent.
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

    /** Says how many there have been, for the summary at the end of the profile fuzz. */
    public static void tell(Class<?> target) {
        System.out.println("fuzz: " + target.getSimpleName() + " has read " + inputs + " inputs");
    }
}
