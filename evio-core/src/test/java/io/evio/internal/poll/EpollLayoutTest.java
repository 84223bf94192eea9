package io.evio.internal.poll;

import static org.assertj.core.api.Assertions.assertThat;

import io.evio.testing.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code struct epoll_event}, which x86-64 alone packs. */
class EpollLayoutTest {

    private static final String PROGRAM = """
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/epoll.h>
            #include <sys/uio.h>
            #include <sys/un.h>

            int main(void) {
                struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0x0102030405060708};
                printf("%zu %zu %zu %zu ", sizeof event, offsetof(struct epoll_event, data), sizeof(struct iovec),
                    sizeof(struct sockaddr_un));
                for (size_t i = 0; i < sizeof event; i++) {
                    int padding = i >= 4 && i < offsetof(struct epoll_event, data);
                    printf("%02x", padding ? 0 : ((unsigned char *) &event)[i]);
                }
                return 0;
            }
            """;

    @TempDir
    private Path folder;

    /** An arm64 program, made from the C headers of arm64, says so itself; qemu runs it. */
    @Test
    void arm64HasWhatItsOwnProgramsSay() throws IOException, InterruptedException {
        Programs.require("aarch64-linux-gnu-gcc", "gcc-aarch64-linux-gnu");
        Programs.require("qemu-aarch64", "qemu-user");
        if (!Files.exists(Path.of("/usr/aarch64-linux-gnu/include/sys/epoll.h"))) {
            Programs.unavailable("The C library of arm64 is missing: install Debian's package libc6-dev-arm64-cross");
        }
        Path source = Files.writeString(folder.resolve("layout.c"), PROGRAM);
        String binary = folder.resolve("layout").toString();
        Programs.output("aarch64-linux-gnu-gcc", "-static", "-o", binary, source.toString());
        boolean packed = EpollPoller.isPacked("aarch64");
        assertThat(Programs.output("qemu-aarch64", binary))
                .isEqualTo(EpollPoller.eventSize(packed) + " " + EpollPoller.dataOffset(packed)
                        + " 16 110 01000000000000000807060504030201");
    }

    @ParameterizedTest
    @ValueSource(strings = {"aarch64", "arm64"})
    void arm64KeepsTheTokenAligned(String processor) {
        assertThat(EpollPoller.eventSize(EpollPoller.isPacked(processor))).isEqualTo(16);
        assertThat(EpollPoller.dataOffset(EpollPoller.isPacked(processor))).isEqualTo(8);
    }

    /** On such a machine every other test runs over it. */
    @ParameterizedTest
    @ValueSource(strings = {"amd64", "x86_64"})
    void x8664PacksIt(String processor) {
        assertThat(EpollPoller.eventSize(EpollPoller.isPacked(processor))).isEqualTo(12);
        assertThat(EpollPoller.dataOffset(EpollPoller.isPacked(processor))).isEqualTo(4);
    }
}
