package io.evio.internal.sys;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The questions about a unix socket's file, as far as the file system at hand knows it. Links are not followed. */
public final class SocketFile {

    /** The answer of a connect to a socket's file about a server behind it. */
    public enum Answer {
        /** There is one. */
        LISTENS,
        /** There is none. */
        REFUSES,
        /** This user may not connect, and so cannot know. */
        DENIED
    }

    /** The encoding of file names, which the JVM takes from the locale: paths are bytes to the kernel. */
    public static final Charset NAMES = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    private static final int S_IFMT = 0170000;
    private static final int S_IFSOCK = 0140000;
    private static final int S_IFDIR = 0040000;
    private static final int S_ISVTX = 01000;

    /** The sockets of this network namespace, see proc(5). */
    private static final Path LIST = Path.of("/proc/net/unix");

    /** The columns: Num, RefCount, Protocol, Flags, Type, St, Inode and Path. */
    private static final int LIST_COLUMNS = 8;

    private static final int SO_ACCEPTCON = 0x10000;

    private SocketFile() {}

    /** Returns whether there is a socket at the path itself. */
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

    /** Returns what tells the file from a later one at the same path: device and inode, or else when it was made. */
    public static Object identity(Path path) throws IOException {
        BasicFileAttributes attributes = attributes(path);
        Object key = attributes.fileKey();
        return key != null ? key : attributes.creationTime();
    }

    /**
     * As {@link #identity}; with the time of its last change, because a file that is gone leaves its inode to the next.
     */
    public static Object state(Path path) throws IOException {
        return List.of(
                identity(path),
                hasModes(path)
                        ? Files.getAttribute(path, "unix:ctime", LinkOption.NOFOLLOW_LINKS)
                        : attributes(path).lastModifiedTime());
    }

    /** Returns whether files here have an owner and permission bits. */
    static boolean hasModes(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    /** The type and the permission bits. */
    public static int mode(Path path) throws IOException {
        return (int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
    }

    /** Returns whether that is the mode of a socket. */
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
     * Its owner and its mode as ls(1) writes it, such as {@code "root, srwxr-xr-x"}; "unknown" where files have
     * neither.
     */
    public static String describe(Path path) {
        try {
            if (!hasModes(path)) {
                return "unknown";
            }
            return Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName() + ", " + describe(mode(path));
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String describe(int mode) {
        Set<PosixFilePermission> set = EnumSet.noneOf(PosixFilePermission.class);
        for (PosixFilePermission permission : PosixFilePermission.values()) {
            // The enum's order is that of the mode's bits, the owner's read bit the highest.
            if ((mode & 0400 >> permission.ordinal()) != 0) {
                set.add(permission);
            }
        }
        String permissions = PosixFilePermissions.toString(set);
        if ((mode & S_ISVTX) != 0) {
            permissions = permissions.substring(0, 8) + (permissions.endsWith("x") ? "t" : "T");
        }
        int type = mode & S_IFMT;
        return (type == S_IFSOCK ? "s" : type == S_IFDIR ? "d" : "-") + permissions;
    }

    /**
     * Returns whether the kernel lists a server that was bound to this path, where it lists them for everybody: Linux
     * does for the network namespace of the process. One that was bound by another name of the file is not found.
     */
    public static boolean isListed(Path path) {
        // As bytes: each name is in the encoding of its server.
        String wanted = new String(path.toAbsolutePath().toString().getBytes(NAMES), StandardCharsets.ISO_8859_1);
        try (Stream<String> lines = Files.lines(LIST, StandardCharsets.ISO_8859_1)) {
            return lines.map(line -> line.strip().split(" +", LIST_COLUMNS))
                    .filter(columns -> columns.length == LIST_COLUMNS && columns[LIST_COLUMNS - 1].equals(wanted))
                    .anyMatch(columns -> (Integer.parseUnsignedInt(columns[3], 16) & SO_ACCEPTCON) != 0);
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    /**
     * Reads what connecting to the socket says about a server behind it.
     *
     * @param result 0 or the negated errno
     * @throws SystemCallException when it says nothing
     */
    static Answer answer(int result) throws SystemCallException {
        if (result == -Errno.ECONNREFUSED || result == -Errno.ENOENT) {
            return Answer.REFUSES;
        }
        if (result == -Errno.EACCES || result == -Errno.EPERM) {
            return Answer.DENIED;
        }
        // A full backlog, or a socket of another type.
        if (result != -Errno.EAGAIN && result != -Errno.EPROTOTYPE) {
            SystemCallException.check("connect", result);
        }
        return Answer.LISTENS;
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }
}
