package io.evio.internal.sys;

import static java.util.Objects.requireNonNull;

import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import org.jspecify.annotations.Nullable;

/**
 * The C library as jnr-ffi binds it, loaded once a JVM.
 *
 * @param <L> the interface the functions were bound to
 * @param calls the bound functions
 * @param errno the calling thread's errno as saved by its last failed call; meaningful only right after a call returned
 *     -1
 */
public record SystemLibrary<L extends Libc>(L calls, IntSupplier errno) {

    /** The text that jnr-ffi puts in front of the reason why its native library could not be loaded. */
    private static final String ORIGINAL = "original error message follows: ";

    /** The text of jnr-ffi when it brings no native library for a system. */
    private static final String NONE_HERE = "could not locate stub library in jar file";

    /** Returns what the calling thread's last call returned, or the negated errno when that was -1. */
    public int result(int returned) {
        return returned < 0 ? -errno.getAsInt() : returned;
    }

    /**
     * Calls read(2), again after each signal.
     *
     * @return the number of bytes, or the negated errno
     */
    public int read(int fd, long buffer, int count) {
        int result;
        do {
            result = result((int) calls.read(fd, buffer, count));
        } while (result == -Errno.EINTR);
        return result;
    }

    /**
     * Binds the C library of a Linux system.
     *
     * @return the one instance of this JVM
     * @throws UnsupportedSystemException when jnr-ffi cannot be loaded or bound here; the same at every call
     */
    public static SystemLibrary<LinuxLibc> linux() {
        return Linux.BOUND.get(SystemLibrary::unsupported);
    }

    /**
     * Binds the C library of a system with kqueue(2); where that has no kqueue, libkqueue beside it.
     *
     * @return the one instance of this JVM
     * @throws UnsupportedSystemException when jnr-ffi or libkqueue cannot be loaded or bound here; the same at every
     *     call
     */
    public static SystemLibrary<? extends KqueueLibc> kqueue() {
        if (KqueueSystem.here() == KqueueSystem.LINUX) {
            linux();
            return Kqueue.BOUND.get(failure -> new UnsupportedSystemException(
                    "Linux has kqueue in libkqueue alone, which cannot be loaded: " + reason(failure),
                    "Install libkqueue, or name its folder in LD_LIBRARY_PATH or -Djnr.ffi.library.path; or leave the"
                            + " poller at auto, which takes epoll",
                    failure));
        }
        return Kqueue.BOUND.get(SystemLibrary::unsupported);
    }

    /** Returns the message of the innermost cause, in one line without its full stop. */
    private static String reason(Throwable failure) {
        String detail = "";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            detail = String.valueOf(cause.getMessage());
        }
        int original = detail.indexOf(ORIGINAL);
        return detail.substring(original < 0 ? 0 : original + ORIGINAL.length())
                .lines()
                .findFirst()
                .orElse("")
                .replaceAll("\\.$", "");
    }

    private static UnsupportedSystemException unsupported(Throwable failure) {
        if (isMissing(failure)) {
            return new UnsupportedSystemException(
                    "jnr-ffi, which makes the system calls, is not on the class path, or not all of it",
                    "Add com.github.jnr:jnr-ffi with all that it brings",
                    failure);
        }
        String detail = reason(failure);
        // jffi keeps the text of what was thrown, not the exception.
        if (detail.contains("IllegalCallerException")) {
            return new UnsupportedSystemException(
                    "This JVM denies native access, which jnr-ffi needs to make system calls",
                    "Start it with --enable-native-access=ALL-UNNAMED, or put Enable-Native-Access: ALL-UNNAMED into"
                            + " the manifest of the runnable jar",
                    failure);
        }
        if (detail.startsWith(NONE_HERE)) {
            return new UnsupportedSystemException(
                    "jnr-ffi brings no native library for this system: " + detail,
                    "Build the one of jffi, and name its folder by -Djffi.boot.library.path",
                    failure);
        }
        return new UnsupportedSystemException(
                "The native library of jnr-ffi cannot be loaded: " + detail,
                "It is unpacked to the folder of -Djffi.extract.dir, or else of -Djava.io.tmpdir, which this user must"
                        + " be able to write to and which must not be mounted noexec. It needs glibc: on musl, as in"
                        + " Alpine's images, it cannot be loaded",
                failure);
    }

    private static boolean isMissing(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ClassNotFoundException) {
                return true;
            }
        }
        return false;
    }

    /**
     * A library, or why it could not be bound: kept, because the JVM would tell of it only once.
     *
     * @param library null when there is a failure
     */
    private record Bound<L extends Libc>(
            @Nullable SystemLibrary<L> library, @Nullable Throwable failure) {

        static <L extends Libc> Bound<L> of(Supplier<SystemLibrary<L>> loader) {
            try {
                return new Bound<>(loader.get(), null);
            } catch (LinkageError | RuntimeException e) {
                return new Bound<>(null, e);
            }
        }

        SystemLibrary<L> get(Function<Throwable, UnsupportedSystemException> explained) {
            if (library == null) {
                throw explained.apply(requireNonNull(failure));
            }
            return library;
        }
    }

    /** Bound at the first use. */
    private static final class Linux {
        private static final Bound<LinuxLibc> BOUND = Bound.of(() -> load(LinuxLibc.class, "c"));
    }

    /** Bound at the first use. */
    private static final class Kqueue {
        private static final Bound<? extends KqueueLibc> BOUND = Bound.of(() -> load(KqueueSystem.here()));
    }

    private static SystemLibrary<KqueueLibc> load(KqueueSystem system) {
        SystemLibrary<KqueueLibc> library = load(system.calls, system.libraries());
        if (Kevent.address() == 0) {
            throw new UnsatisfiedLinkError("neither libc nor libkqueue has kevent");
        }
        return library;
    }

    private static <L extends Libc> SystemLibrary<L> load(Class<? extends L> type, String... libraries) {
        Errno.requireConstants();
        LibraryLoader<? extends L> loader = LibraryLoader.create(type).failImmediately();
        for (String library : libraries) {
            loader.library(library);
        }
        L calls = loader.load();
        Runtime runtime = Runtime.getRuntime(calls);
        return new SystemLibrary<>(calls, () -> LastError.getLastError(runtime));
    }
}
