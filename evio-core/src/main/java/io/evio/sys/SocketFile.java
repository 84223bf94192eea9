package io.evio.sys;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;

/** What can be asked of a unix socket's file, as far as the file system at hand knows it. Links are not followed. */
public final class SocketFile {

    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;

    private SocketFile() {}

    /** Whether there is a socket at the path itself. */
    public static boolean isSocket(Path path) {
        try {
            if (!hasModes(path)) {
                // Windows shows sockets as reparse points, of which symbolic links are the only others with a name.
                return attributes(path).isOther();
            }
            return isSocket(mode(path));
        } catch (IOException e) {
            return false;
        }
    }

    /** What tells the file from a later one at the same path: device and inode, or else when it was made. */
    public static Object identity(Path path) throws IOException {
        BasicFileAttributes attributes = attributes(path);
        Object key = attributes.fileKey();
        return key != null ? key : attributes.creationTime();
    }

    /** As {@link #identity}; with the time of its last change, because a file that is gone leaves its inode to the next. */
    public static Object state(Path path) throws IOException {
        return List.of(
                identity(path),
                hasModes(path)
                        ? Files.getAttribute(path, "unix:ctime", LinkOption.NOFOLLOW_LINKS)
                        : attributes(path).lastModifiedTime());
    }

    /** Whether files here have an owner and permission bits. */
    static boolean hasModes(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    /** The type and the permission bits. */
    public static int mode(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    }

    /** Whether that is the mode of a socket. */
    public static boolean isSocket(int mode) {
        return (mode & S_IFMT) == S_IFSOCK;
    }

    /** Sets the permission bits, whatever the umask; follows links, as chmod(2) does. */
    public static void setMode(Path path, int mode) throws SystemCallException {
        try {
            Files.setAttribute(path, "unix:mode", mode);
        } catch (IOException e) {
            throw new SystemCallException("chmod", JavaErrors.errno(e), e);
        }
    }

    /**
     * What connecting to it says about who listens.
     *
     * @param result 0 or the negated errno
     * @throws SystemCallException when it says nothing
     */
    static boolean isAnswered(int result) throws SystemCallException {
        if (result == -Errno.ECONNREFUSED || result == -Errno.ENOENT) {
            return false;
        }
        // A full backlog, a socket of another type, or one that is not for this user: each is somebody's.
        if (result == -Errno.EAGAIN
                || result == -Errno.EPROTOTYPE
                || result == -Errno.EACCES
                || result == -Errno.EPERM) {
            return true;
        }
        SystemCallException.check("connect", result);
        return true;
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
}
