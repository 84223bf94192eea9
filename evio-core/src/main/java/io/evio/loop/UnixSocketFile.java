package io.evio.loop;

import io.evio.sys.Errno;
import io.evio.sys.ListenOptions;
import io.evio.sys.Sockets;
import io.evio.sys.SystemCallException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;

/**
 * The file that a bound unix socket leaves in the file system, see unix(7): a stale one is replaced, and ours is removed at
 * the end. Nothing but a socket that nobody answers on is ever deleted, and symbolic links are not followed.
 */
public final class UnixSocketFile {

    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;

    private final Path path;

    /** Device and inode of the file we made, to know it again. */
    private final Map<String, Object> identity;

    private UnixSocketFile(Path path, Map<String, Object> identity) {
        this.path = path;
        this.identity = identity;
    }

    /** Binds and listens; a stale socket file in the way is deleted first. Returns the handle. */
    static int listen(Sockets sockets, UnixDomainSocketAddress address, ListenOptions options) throws IOException {
        int handle = listenOrReplace(sockets, address, options);
        if (options.unixPermissions() >= 0) {
            // The umask may have taken away some of what was asked for: until here nobody had more than that.
            try {
                Files.setAttribute(address.getPath(), "unix:mode", options.unixPermissions());
            } catch (IOException e) {
                sockets.close(handle);
                Files.deleteIfExists(address.getPath());
                throw e;
            }
        }
        return handle;
    }

    private static int listenOrReplace(Sockets sockets, UnixDomainSocketAddress address, ListenOptions options)
            throws SystemCallException {
        try {
            return listenOrLeaveNothing(sockets, address, options);
        } catch (SystemCallException e) {
            if (e.call().equals("bind")
                    && e.errno() == Errno.EADDRINUSE
                    && isSocket(address.getPath())
                    && !sockets.answers(address)) {
                delete(address, e);
                return listenOrLeaveNothing(sockets, address, options);
            }
            throw e;
        }
    }

    /** It is bind(2) that makes the file: when listen(2) fails behind it, the file is ours to delete. */
    private static int listenOrLeaveNothing(Sockets sockets, UnixDomainSocketAddress address, ListenOptions options)
            throws SystemCallException {
        try {
            return sockets.listen(address, options);
        } catch (SystemCallException e) {
            if (e.call().equals("listen")) {
                delete(address, e);
            }
            throw e;
        }
    }

    private static void delete(UnixDomainSocketAddress address, SystemCallException because)
            throws SystemCallException {
        try {
            Files.deleteIfExists(address.getPath());
        } catch (IOException undeletable) {
            because.addSuppressed(undeletable);
            throw because;
        }
    }

    /** The file just made by binding to the path. */
    static UnixSocketFile made(Path path) throws IOException {
        return new UnixSocketFile(path, identity(path));
    }

    /** Whether there is a socket at the path itself. */
    public static boolean isSocket(Path path) {
        try {
            int mode = (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            return (mode & S_IFMT) == S_IFSOCK;
        } catch (IOException e) {
            return false;
        }
    }

    /** Removes the file, unless another one has taken its place. */
    void remove() throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && identity(path).equals(identity)) {
            Files.deleteIfExists(path);
        }
    }

    private static Map<String, Object> identity(Path path) throws IOException {
        return Files.readAttributes(path, "unix:dev,ino", LinkOption.NOFOLLOW_LINKS);
    }
}
