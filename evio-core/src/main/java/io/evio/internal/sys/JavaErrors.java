package io.evio.internal.sys;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;

/**
 * The errno behind an exception of java.nio, which the JDK does not tell.
 *
 * <p>It gives the text of strerror(3) instead, in the language of the process: where that is English the number is
 * found by the text, and elsewhere the exception's class says the most likely one.
 */
final class JavaErrors {

    private JavaErrors() {}

    /** A positive number; {@link Errno#EIO} when nothing is known. */
    static int errno(IOException failure) {
        int known = Errno.numberOf(failure.getMessage());
        if (known != 0) {
            return known;
        }
        // Most particular classes first.
        if (failure instanceof ClosedByInterruptException) {
            return Errno.EINTR;
        }
        if (failure instanceof ClosedChannelException) {
            return Errno.EBADF;
        }
        if (failure instanceof BindException || failure instanceof FileAlreadyExistsException) {
            return Errno.EADDRINUSE;
        }
        if (failure instanceof ConnectException) {
            return Errno.ECONNREFUSED;
        }
        if (failure instanceof NoRouteToHostException) {
            return Errno.EHOSTUNREACH;
        }
        if (failure instanceof AccessDeniedException) {
            return Errno.EACCES;
        }
        if (failure instanceof NoSuchFileException) {
            return Errno.ENOENT;
        }
        return failure instanceof SocketException ? ofSocket(String.valueOf(failure.getMessage())) : Errno.EIO;
    }

    /** These texts are the JDK's own, in English everywhere. */
    private static int ofSocket(String message) {
        if (message.startsWith("Connection reset")) {
            return Errno.ECONNRESET;
        }
        return message.contains("path too long") ? Errno.ENAMETOOLONG : Errno.EIO;
    }
}
