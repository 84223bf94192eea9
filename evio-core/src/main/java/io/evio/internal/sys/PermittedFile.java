package io.evio.internal.sys;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Binds a unix socket whose file nobody ever sees with other permissions than it is to have.
 *
 * <p>Java can change them only after the bind, when somebody may have connected already. So the file is made in a
 * folder that is closed to others, next to where it belongs; it appears there, with a second name, when its permissions
 * are set, and the first name goes. Unlike a move, a second name never takes the place of a file that is there.
 */
final class PermittedFile {

    private static final int NAMES = 36 * 36 * 36 * 36;

    private PermittedFile() {}

    static void bind(ServerSocketChannel channel, Path path, int mode, int backlog) throws IOException {
        if (!SocketFile.hasModes(path)) {
            throw new UnsupportedSystemException(
                    "files of this system have no permission bits, and a mode was asked for",
                    "Leave the permissions out, and protect the folder instead",
                    null);
        }
        Path folder = path.resolveSibling(
                "." + Integer.toString(ThreadLocalRandom.current().nextInt(NAMES), 36));
        Files.createDirectory(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            Path first = folder.resolve("s");
            try {
                bindFirst(channel, first, path, backlog);
                SocketFile.setMode(first, mode);
                Files.createLink(path, first);
            } finally {
                Files.deleteIfExists(first);
            }
        } finally {
            Files.deleteIfExists(folder);
        }
    }

    private static void bindFirst(ServerSocketChannel channel, Path first, Path path, int backlog) throws IOException {
        int longer = first.toString().length() - path.toString().length();
        try {
            channel.bind(UnixDomainSocketAddress.of(first), backlog);
        } catch (IOException e) {
            if (JavaErrors.errno(e) == Errno.ENAMETOOLONG && longer > 0) {
                throw new UnsupportedSystemException(
                        "the path is too long for a file with permissions, which the poller nio makes in a folder next"
                                + " to it",
                        "Use a path that is " + longer + " bytes shorter",
                        e);
            }
            throw e;
        }
    }
}
