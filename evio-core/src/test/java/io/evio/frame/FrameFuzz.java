package io.evio.frame;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;

/** Any stream in any pieces, to each kind of scanner. */
class FrameFuzz {

    /** The last bytes of an input say how it is read, so that a kept one begins as the stream does. */
    private static final int SETTINGS = 8;

    private static final int MOST = 1024;

    private static long inputs;

    @AfterAll
    static void tell() throws IOException {
        // The profile fuzz prints it at its end.
        Files.writeString(Path.of("target", "FrameFuzz.inputs"), "FrameFuzz: " + inputs + " inputs\n");
    }

    @FuzzTest
    void anyStream(byte[] input) {
        inputs++;
        byte[] bytes = input.length > MOST ? Arrays.copyOf(input, MOST) : input;
        int length = Math.max(0, bytes.length - SETTINGS);
        byte[] stream = Arrays.copyOf(bytes, length);
        byte[] settings = Arrays.copyOf(Arrays.copyOfRange(bytes, length, bytes.length), SETTINGS);
        boolean ends = settings[0] < 0;
        int max = 1 + (settings[1] & 0xff);
        int[] sizes = {1 + (settings[2] & 0x3f), 1 + (settings[3] & 0x0f)};
        switch ((settings[0] & 0x7f) % 3) {
            case 0 -> FrameRules.checkLines(stream, max, ends, sizes);
            case 1 -> {
                byte[] delimiter = Arrays.copyOfRange(settings, 4, 5 + (settings[7] & 3));
                FrameRules.checkDelimiters(stream, delimiter, max, ends, sizes);
            }
            default -> {
                FrameRules.Prefix prefix = new FrameRules.Prefix(
                        1 + (settings[4] & 3), (settings[4] & 4) != 0, settings[5] & 7, settings[6], settings[7] < 0);
                FrameRules.checkPrefixes(stream, prefix, max, ends, sizes);
            }
        }
    }
}
