package io.evio.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.evio.EvioBindException;
import io.evio.EvioServer;
import io.evio.internal.sys.SocketFile;
import io.evio.testing.Client;
import io.evio.testing.ConformanceTest;
import io.evio.testing.Crowd;
import io.evio.testing.Eventually;
import io.evio.testing.LoopThread;
import io.evio.testing.Strace;
import io.evio.testing.TestHandler;
import io.evio.testing.ThreadCredentials;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The file of a unix socket: what is replaced, what is never touched, and when it goes. */
class UnixSocketFileTest extends ConformanceTest {

    private Path path;

    @BeforeEach
    void choosePath() {
        path = folder.resolve("evio.sock");
    }

    private EvioServer start() throws IOException {
        return start(TestHandler.echo(), "unix://" + path);
    }

    private EvioBindException refusal() {
        EvioServer server =
                stopAfterwards(builder(TestHandler.echo(), "unix://" + path).build());
        EvioBindException failure = catchThrowableOfType(EvioBindException.class, server::start);
        assertThat(failure).as("the start has to fail").isNotNull();
        assertThat(failure.errno()).isEqualTo("EADDRINUSE");
        return failure;
    }

    private void assertEchoes(EvioServer server) throws IOException {
        Client client = connect(server);
        assertThat(client.send("ping").read(4)).isEqualTo("ping");
    }

    /** A socket file that nobody answers on any more, as a killed server leaves it. */
    private static void leaveStale(Path at) throws IOException {
        try (ServerSocketChannel killed = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            killed.bind(UnixDomainSocketAddress.of(at));
        }
        assertThat(at).exists();
    }

    @Test
    void staleSocketIsReplaced() throws Exception {
        leaveStale(path);
        EvioServer server = start();
        assertEchoes(server);
        server.stop(Duration.ZERO);
        assertThat(path).doesNotExist();
    }

    @Test
    void liveSocketIsRefusedAndGoesOn() throws Exception {
        EvioServer live = start();
        assertThat(refusal()).hasMessageContaining("another server listens on this socket");
        assertEchoes(live);
    }

    @Test
    void liveSocketWithAFullBacklogIsRefused() throws Exception {
        List<SocketChannel> waiting = new ArrayList<>();
        try (ServerSocketChannel busy = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            busy.bind(UnixDomainSocketAddress.of(path), 1);
            boolean full = false;
            while (!full) {
                SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX);
                waiting.add(client);
                client.configureBlocking(false);
                try {
                    full = !client.connect(UnixDomainSocketAddress.of(path));
                } catch (IOException e) {
                    full = true;
                }
            }
            assertThat(refusal()).hasMessageContaining("another server listens");
            assertThat(path).exists();
        } finally {
            for (SocketChannel client : waiting) {
                client.close();
            }
        }
    }

    @Test
    void regularFileIsNeverTouched() throws Exception {
        Files.writeString(path, "precious");
        assertThat(refusal()).hasMessageContaining("a file that is no socket");
        assertThat(path).hasContent("precious");
    }

    @Test
    void folderIsNeverTouched() throws Exception {
        Files.createDirectory(path);
        Files.writeString(path.resolve("inside"), "precious");
        assertThat(refusal()).hasMessageContaining("a file that is no socket");
        assertThat(path.resolve("inside")).hasContent("precious");
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "folder", "stale", "live", "missing"})
    void symbolicLinkIsNeverFollowedNorDeleted(String kind) throws Exception {
        Path target = folder.resolve("target");
        switch (kind) {
            case "file" -> Files.writeString(target, "precious");
            case "folder" -> Files.createDirectory(target);
            case "stale" -> leaveStale(target);
            case "live" -> start(TestHandler.echo(), "unix://" + target);
            default -> assertThat(target).doesNotExist();
        }
        Files.createSymbolicLink(path, target);
        assertThat(refusal())
                .hasMessageContaining("a symbolic link, which is never followed")
                .hasMessageContaining("use the path that it points to");
        assertThat(path).isSymbolicLink();
        assertThat(Files.exists(target, LinkOption.NOFOLLOW_LINKS)).isEqualTo(!kind.equals("missing"));
        if (kind.equals("file")) {
            assertThat(target).hasContent("precious");
        }
    }

    @Test
    void fileGoesWithTheServerAndComesWithTheNextStart() throws Exception {
        EvioServer server = start();
        for (int i = 0; i < 3; i++) {
            assertThat(path).exists();
            assertEchoes(server);
            server.stop(Duration.ZERO);
            assertThat(path).doesNotExist();
            server.start();
        }
    }

    @Test
    void fileThatHasTakenTheSocketsPlaceStays() throws Exception {
        EvioServer server = start();
        Files.delete(path);
        Files.writeString(path, "precious");
        server.stop(Duration.ZERO);
        assertThat(path).hasContent("precious");
    }

    @Test
    void socketOfAnotherServerThatHasTakenOurPlaceStays() throws Exception {
        EvioServer first = start();
        Files.delete(path);
        EvioServer second = start();
        first.stop(Duration.ZERO);
        assertThat(path).exists();
        assertEchoes(second);
    }

    @Test
    void stopIsWellWhenTheFileIsGoneAlready() throws Exception {
        EvioServer server = start();
        Files.delete(path);
        assertThat(server.stop(Duration.ZERO)).isTrue();
        assertThat(path).doesNotExist();
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "rw-rw----", "rw-rw-rw-", "rwxrwxrwx", "---------"})
    void fileHasThePermissionsThatWereAskedForWhateverTheUmask(String permissions) throws Exception {
        start(builder(TestHandler.echo(), "unix://" + path)
                .unixPermissions(PosixFilePermissions.fromString(permissions)));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo(permissions);
        try (Stream<Path> all = Files.list(folder)) {
            assertThat(all).as("nothing else is left there").containsExactly(path);
        }
    }

    /** An observer that looks all the time sees it with its permissions, or not at all. */
    @Test
    void fileIsNeverSeenWithMorePermissionsThanThat() throws Exception {
        Queue<String> seen = new ConcurrentLinkedQueue<>();
        EvioServer server = stopAfterwards(builder(TestHandler.echo(), "unix://" + path)
                .unixPermissions(PosixFilePermissions.fromString("rw-------"))
                .build());
        try (Crowd looking = Crowd.one(index -> {
            while (!Thread.currentThread().isInterrupted()) {
                try {
                    seen.add(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
                } catch (NoSuchFileException e) {
                    Thread.onSpinWait();
                }
            }
        })) {
            for (int i = 0; i < 200; i++) {
                server.start();
                server.stop(Duration.ZERO);
            }
            looking.interrupt();
            looking.join();
        }
        // Some umasks take from it what was asked for, until it is given back.
        assertThat(seen).isNotEmpty().allMatch(permissions -> permissions.endsWith("------"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "folder", "live"})
    void permissionsChangeNothingOfWhatIsThere(String kind) throws Exception {
        switch (kind) {
            case "file" -> Files.writeString(path, "precious");
            case "folder" -> Files.createDirectory(path);
            default -> start();
        }
        EvioServer server = stopAfterwards(builder(TestHandler.echo(), "unix://" + path)
                .unixPermissions(PosixFilePermissions.fromString("rw-rw----"))
                .build());
        assertThatThrownBy(server::start)
                .isInstanceOf(EvioBindException.class)
                .hasMessageContaining(kind.equals("live") ? "another server listens" : "a file that is no socket");
        try (Stream<Path> all = Files.list(folder)) {
            assertThat(all).containsExactly(path);
        }
    }

    @Test
    void staleSocketIsReplacedByOneWithPermissions() throws Exception {
        leaveStale(path);
        assertEchoes(start(builder(TestHandler.echo(), "unix://" + path)
                .unixPermissions(PosixFilePermissions.fromString("rw-rw----"))));
    }

    /** A stale socket in the way may be replaced; what has its permissions is not what the link points to. */
    @Test
    void permissionsOfWhatALinkPointsToStay() throws Exception {
        Path target = Files.writeString(folder.resolve("target"), "precious");
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("r--------"));
        Files.createSymbolicLink(path, target);
        EvioServer server = stopAfterwards(builder(TestHandler.echo(), "unix://" + path)
                .unixPermissions(PosixFilePermissions.fromString("rwxrwxrwx"))
                .build());
        assertThat(catchThrowableOfType(EvioBindException.class, server::start)).isNotNull();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                .isEqualTo("r--------");
    }

    /**
     * The system calls: the mode is the socket's before there is a file, and the umask, which is every thread's, stays.
     */
    @Test
    void fileIsNeverOpenToMoreThanWereAskedFor() throws Exception {
        assumeFalse(isNio(), "the JDK has no fchmod: it makes the file in a folder that is closed to others");
        EvioServer server = stopAfterwards(builder(TestHandler.echo(), "unix://" + path)
                .unixPermissions(PosixFilePermissions.fromString("rw-rw----"))
                .build());
        CountDownLatch traced = new CountDownLatch(1);
        Crowd binder = Crowd.one(index -> {
            Eventually.reached(traced);
            server.start();
        });
        List<String> calls;
        try (Strace strace = Strace.attach(LoopThread.taskId(binder.thread()), folder)) {
            traced.countDown();
            binder.join();
            calls = strace.calls();
        }
        List<String> ofTheFile = calls.stream()
                .map(call -> call.replaceAll("\\(\\d+, ?", "(").replaceAll(" += .*", ""))
                .filter(call -> call.matches("(fchmod|bind|chmod|fchmodat|umask)\\(.*"))
                .toList();
        assertThat(ofTheFile.get(0)).isEqualTo("fchmod(0660)");
        assertThat(ofTheFile.get(1)).startsWith("bind({sa_family=AF_UNIX, sun_path=\"" + path + "\"}");
        // What the umask has taken away is given back, and nothing else.
        assertThat(ofTheFile.subList(2, ofTheFile.size())).allMatch(call -> call.matches("chmod\\(.*, 0660\\)"));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-rw----");
    }

    /** bind(2) makes the file, so that it is there when listen(2) fails. */
    @ParameterizedTest
    @ValueSource(strings = {"", "rw-rw----"})
    void failedListenLeavesNothing(String permissions) throws Exception {
        EvioServer.Builder builder = builder(TestHandler.echo(), "unix://" + path);
        if (!permissions.isEmpty()) {
            builder.unixPermissions(PosixFilePermissions.fromString(permissions));
        }
        EvioServer server = stopAfterwards(builder.build());
        CountDownLatch traced = new CountDownLatch(1);
        AtomicReference<EvioBindException> failure = new AtomicReference<>();
        Crowd binder = Crowd.one(index -> {
            Eventually.reached(traced);
            failure.set(catchThrowableOfType(EvioBindException.class, server::start));
        });
        try (Strace strace = Strace.attach(
                LoopThread.taskId(binder.thread()),
                folder,
                "-e",
                "trace=listen",
                "-e",
                "inject=listen:error=ENOBUFS")) {
            traced.countDown();
            binder.join();
            assertThat(strace.calls()).hasSize(1);
        }
        assertThat(failure.get().errno()).isEqualTo("ENOBUFS");
        try (Stream<Path> all = Files.list(folder)) {
            assertThat(all).noneMatch(file -> !file.toString().endsWith(".txt"));
        }
        assertEchoes(start());
    }

    @Test
    void pathMayBeRelative() throws Exception {
        Path relative = Path.of("").toAbsolutePath().relativize(path.toAbsolutePath());
        assertThat(relative).isRelative();
        EvioServer server = start(TestHandler.echo(), "unix://" + relative);
        assertThat(server.addresses().get(0)).hasToString("unix://" + relative);
        assertThat(path).exists();
        assertEchoes(server);
        server.stop(Duration.ZERO);
        assertThat(path).doesNotExist();
    }

    /** A folder that others see, with a stale socket of this mode in it. */
    private Path staleIn(String name, String permissions) throws IOException {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path shared = Files.createDirectory(folder.resolve(name));
        path = shared.resolve("evio.sock");
        leaveStale(path);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
        return shared;
    }

    /** The folder is as /tmp is: everybody may write, and only owners may remove. */
    @Test
    void staleSocketOfAnotherUserIsNamedWithTheCommandThatRemovesIt() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "only root can be another user");
        Path shared = staleIn("sticky", "rwxrwxrwx");
        Files.setAttribute(shared, "unix:mode", 01777);
        assertThat(ThreadCredentials.withoutPrivileges(this::refusal))
                .hasMessage("Cannot listen on unix://" + path
                        + ": there is a stale socket file (root, srwxrwxrwx), which this"
                        + " user may not remove from " + shared
                        + " (root, drwxrwxrwt) (EADDRINUSE). Remove it with 'sudo rm "
                        + path + "', or choose another path");
        assertThat(SocketFile.isSocket(path)).isTrue();
        // And the command does mend it.
        Files.delete(path);
        assertThat(ThreadCredentials.withoutPrivileges(() -> start().stop(Duration.ZERO)))
                .isTrue();
    }

    @Test
    void staleSocketInAFolderThatIsNotOursIsNamedWithTheFolder() throws Exception {
        Path shared = staleIn("locked folder", "rwxrwxrwx");
        Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            EvioBindException failure = ThreadCredentials.withoutPrivileges(this::refusal);
            String user = System.getProperty("user.name");
            assertThat(failure.reason())
                    .isEqualTo("there is a stale socket file (" + user
                            + ", srwxrwxrwx), which this user may not remove from " + shared + " (" + user
                            + ", dr-xr-xr-x)");
            assertThat(failure.advice())
                    .isEqualTo("Remove it with 'sudo rm \"" + path
                            + "\"' and let this user write to the folder, or choose" + " another path");
            assertThat(SocketFile.isSocket(path)).isTrue();
        } finally {
            Files.setPosixFilePermissions(shared, PosixFilePermissions.fromString("rwx------"));
        }
    }

    /** connect(2) wants to write to the file: without that it says nothing of who listens, and nothing is claimed. */
    @Test
    void socketThatThisUserMayNotConnectToIsNotCalledLiveNorStale() throws Exception {
        Path shared = staleIn("sticky", "r-xr-xr-x");
        Files.setAttribute(shared, "unix:mode", 01777);
        EvioBindException failure = ThreadCredentials.withoutPrivileges(this::refusal);
        assertThat(failure.reason())
                .isEqualTo("there is a socket file (" + System.getProperty("user.name")
                        + ", sr-xr-xr-x) that this user may"
                        + " not connect to, so that it cannot tell whether a server listens or it is stale");
        assertThat(failure.advice())
                .isEqualTo("Find out with 'sudo nc -zvU " + path + "': if it is refused, remove the file with 'sudo rm "
                        + path + "', or choose another path");
        assertThat(SocketFile.isSocket(path)).isTrue();
    }

    /** Linux lists its servers to everybody. */
    @Test
    void liveSocketThatThisUserMayNotConnectToIsCalledLive() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        EvioServer live = start();
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("r-xr-xr-x"));
        assertThat(ThreadCredentials.withoutPrivileges(this::refusal))
                .hasMessageContaining("another server listens on this socket");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertEchoes(live);
    }

    @Test
    void regularFileOfAnotherUserIsNoSocket() throws Exception {
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(path, "precious");
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("---------"));
        assertThat(ThreadCredentials.withoutPrivileges(this::refusal)).hasMessageContaining("a file that is no socket");
    }
}
