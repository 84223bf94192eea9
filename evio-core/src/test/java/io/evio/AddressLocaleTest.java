package io.evio;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A path in a JVM whose locale has not all characters for it. */
@Timeout(60)
class AddressLocaleTest {

    /**
     * Returns the address that a JVM with this variable for its locale, and no other, makes of
     * {@code unix:///tmp/häuser.sock}.
     */
    private static String child(String variable, String value) throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        String classPath = System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
        ProcessBuilder builder = new ProcessBuilder(List.of(
                java,
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                classPath,
                AddressLocaleTest.class.getName()));
        builder.environment().keySet().removeIf(name -> name.startsWith("LC_") || name.startsWith("LANG"));
        if (!variable.isEmpty()) {
            builder.environment().put(variable, value);
        }
        Process process = builder.redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return output.strip();
        } finally {
            process.destroyForcibly();
        }
    }

    public static void main(String[] arguments) {
        try {
            Address path = Address.parse("unix:///tmp/h\u00e4user.sock");
            Address name = Address.parse("unix://@h\u00e4user");
            System.out.println(
                    "read: " + path.path().length() + " " + name.path().length());
        } catch (IllegalArgumentException e) {
            System.out.println(e.getMessage());
        }
        // Of a name without a file the kernel takes any bytes.
        System.out.println(Address.parse("unix://@h\u00e4user").path().length());
    }

    @Test
    void theLocaleIsNamedThatCannotExpressIt() throws Exception {
        assertThat(child("LC_ALL", "C"))
                .isEqualTo("The address 'unix:///tmp/h?user.sock' cannot be used: the locale C (from LC_ALL) has file"
                        + " names in US-ASCII, which cannot express this path. Start the JVM with"
                        + " LC_ALL=C.UTF-8"
                        + System.lineSeparator() + "7");
        assertThat(child("LANG", "POSIX")).contains("the locale POSIX (from LANG) has file names in US-ASCII");
        assertThat(child("", "")).contains("the locale POSIX (none is set) has file names in US-ASCII");
    }

    @Test
    void theAdviceHelps() throws Exception {
        assertThat(child("LC_ALL", "C.UTF-8")).startsWith("read: 16 7");
    }
}
