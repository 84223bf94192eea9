package io.evio.internal.net;

import io.evio.internal.net.PathTakenException.By;
import io.evio.internal.sys.Errno;
import io.evio.internal.sys.ListenOptions;
import io.evio.internal.sys.SocketFile;
import io.evio.internal.sys.Sockets;
import io.evio.internal.sys.SystemCallException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * The file that a bound unix socket leaves in the file system, see unix(7): a stale one is replaced, and ours is
 * removed at the end. Nothing but a socket that nobody answers on is ever deleted, and symbolic links are not followed.
 *
 * <p>There is no call that deletes a file only if it still is a certain one. So what is to be deleted is looked at
 * again right before, which leaves others microseconds to put something in its place; and who may do that at all is the
 * owner of the directory's to say.
 */
final class UnixSocketFile {

    private static final int PERMISSIONS = 07777;

    private final Path path;

    /** Of the file we made, to know it again. While our socket is open no other file can have the same. */
    private final Object identity;

    private UnixSocketFile(Path path, Object identity) {
        this.path = path;
        this.identity = identity;
    }

    /** Binds and listens; a stale socket file in the way is deleted first. Returns the handle. */
    static int listen(Sockets sockets, UnixDomainSocketAddress address, ListenOptions options) throws IOException {
        int handle = listenOrReplace(sockets, address, options);
        try {
            grant(address.getPath(), options.unixPermissions());
            return handle;
        } catch (IOException e) {
            if (SocketFile.isSocket(address.getPath())) {
                Files.deleteIfExists(address.getPath());
            }
            sockets.close(handle);
            throw e;
        }
    }

    /**
     * Gives the file what the umask has taken away of the mode that was asked for; until here nobody had more than
     * that. Only if it has, and only to a socket: chmod(2) follows symbolic links.
     *
     * @param wanted -1 for what the umask leaves
     */
    private static void grant(Path path, int wanted) throws IOException {
        if (wanted >= 0) {
            int mode = SocketFile.mode(path);
            if (!SocketFile.isSocket(mode)) {
                throw new IOException("another file has taken the place of the socket");
            }
            if ((mode & PERMISSIONS) != wanted) {
                SocketFile.setMode(path, wanted);
            }
        }
    }

    private static int listenOrReplace(Sockets sockets, UnixDomainSocketAddress address, ListenOptions options)
            throws IOException {
        try {
            return listenOrLeaveNothing(sockets, address, options);
        } catch (SystemCallException e) {
            if (!isTaken(e)) {
                throw e;
            }
            makeWay(sockets, address, e);
        }
        try {
            return listenOrLeaveNothing(sockets, address, options);
        } catch (SystemCallException e) {
            throw isTaken(e) ? new PathTakenException(kind(address.getPath()), e) : e;
        }
    }

    private static boolean isTaken(SystemCallException failure) {
        return failure.call().equals("bind") && failure.errno() == Errno.EADDRINUSE;
    }

    /** It is bind(2) that makes the file: when listen(2) fails behind it, the file is ours to delete. */
    private static int listenOrLeaveNothing(Sockets sockets, UnixDomainSocketAddress address, ListenOptions options)
            throws SystemCallException {
        try {
            return sockets.listen(address, options);
        } catch (SystemCallException e) {
            if (e.call().equals("listen")) {
                try {
                    Files.deleteIfExists(address.getPath());
                } catch (IOException undeletable) {
                    e.addSuppressed(undeletable);
                }
            }
            throw e;
        }
    }

    /**
     * Deletes the socket at the address if nobody answers on it.
     *
     * @throws PathTakenException when something else is there, or it cannot be deleted
     * @throws SystemCallException when it cannot be told whether somebody answers
     */
    private static void makeWay(Sockets sockets, UnixDomainSocketAddress address, SystemCallException bind)
            throws PathTakenException, SystemCallException {
        Path path = address.getPath();
        By by = By.OTHER_FILE;
        try {
            Object found = SocketFile.state(path);
            by = kind(path) == By.LIVE_SOCKET ? ask(sockets, address) : kind(path);
            if (!SocketFile.state(path).equals(found)) {
                // What has just come is alive.
                by = kind(path);
            }
            if (by == By.STALE_SOCKET) {
                Files.delete(path);
                return;
            }
        } catch (NoSuchFileException e) {
            // Somebody else has, which is as good.
            return;
        } catch (SystemCallException e) {
            throw e;
        } catch (IOException undeletable) {
            bind.addSuppressed(undeletable);
        }
        throw new PathTakenException(by, bind);
    }

    /** Returns what is at the path, where every socket counts as live. */
    private static By kind(Path path) {
        if (Files.isSymbolicLink(path)) {
            return By.LINK;
        }
        return SocketFile.isSocket(path) ? By.LIVE_SOCKET : By.OTHER_FILE;
    }

    /**
     * Returns which kind of socket it is. Linux tells everybody of its servers, and most often answers who may not
     * connect that way.
     */
    private static By ask(Sockets sockets, UnixDomainSocketAddress address) throws SystemCallException {
        return switch (sockets.answer(address)) {
            case LISTENS -> By.LIVE_SOCKET;
            case REFUSES -> By.STALE_SOCKET;
            case DENIED -> SocketFile.isListed(address.getPath()) ? By.LIVE_SOCKET : By.UNKNOWN_SOCKET;
        };
    }

    /** The file just made by binding to the path. */
    static UnixSocketFile made(Path path) throws IOException {
        return new UnixSocketFile(path, SocketFile.identity(path));
    }

    /** Removes the file, unless another one has taken its place. To be called while the socket is open. */
    void remove() throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
                && SocketFile.identity(path).equals(identity)) {
            Files.deleteIfExists(path);
        }
    }
}
