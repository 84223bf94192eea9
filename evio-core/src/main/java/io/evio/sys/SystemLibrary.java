package io.evio.sys;

import java.util.function.IntSupplier;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import org.jspecify.annotations.Nullable;

/**
 * The C library as jnr-ffi binds it, loaded once a JVM.
 *
 * @param <L> the interface the functions were bound to
 * @param calls the bound functions
 * @param errno the calling thread's errno as saved by its last failed call; meaningful only right after a call
 *     returned -1
 */
public record SystemLibrary<L extends Libc>(L calls, IntSupplier errno) {

    /** What jnr-ffi puts in front of why its native library could not be loaded. */
    private static final String ORIGINAL = "original error message follows: ";

    /**
     * Binds the C library of a Linux system.
     *
     * @return the one instance of this JVM
     * @throws UnsupportedSystemException when jnr-ffi cannot be loaded or bound here; the same at every call
     */
    public static SystemLibrary<LinuxLibc> linux() {
        SystemLibrary<LinuxLibc> library = Linux.LIBRARY;
        if (library == null) {
            throw unsupported(Linux.FAILURE);
        }
        return library;
    }

    private static UnsupportedSystemException unsupported(@Nullable Throwable failure) {
        String detail = "";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            detail = String.valueOf(cause.getMessage());
        }
        int original = detail.indexOf(ORIGINAL);
        detail = detail.substring(original < 0 ? 0 : original + ORIGINAL.length());
        // jffi keeps the text of what was thrown, not the exception.
        if (detail.contains("IllegalCallerException")) {
            return new UnsupportedSystemException(
                    "This JVM denies native access, which jnr-ffi needs to make system calls",
                    "Start it with --enable-native-access=ALL-UNNAMED, or put Enable-Native-Access: ALL-UNNAMED into"
                            + " the manifest of the runnable jar",
                    failure);
        }
        return new UnsupportedSystemException(
                "The native library of jnr-ffi cannot be loaded: "
                        + detail.lines().findFirst().orElse("").replaceAll("\\.$", ""),
                "It is unpacked to the folder of -Djffi.extract.dir, or else of -Djava.io.tmpdir, which this user must"
                        + " be able to write to and which must not be mounted noexec. It needs glibc: on musl, as in"
                        + " Alpine's images, it cannot be loaded",
                failure);
    }

    /** Loaded at the first use; a failure is kept, because the JVM would tell of it only once. */
    private static final class Linux {
        private static final @Nullable SystemLibrary<LinuxLibc> LIBRARY;
        private static final @Nullable Throwable FAILURE;

        static {
            SystemLibrary<LinuxLibc> library = null;
            Throwable failure = null;
            try {
                library = load(LinuxLibc.class);
            } catch (LinkageError | RuntimeException e) {
                failure = e;
            }
            LIBRARY = library;
            FAILURE = failure;
        }
    }

    private static <L extends Libc> SystemLibrary<L> load(Class<L> type) {
        L calls = LibraryLoader.create(type).failImmediately().load("c");
        Runtime runtime = Runtime.getRuntime(calls);
        return new SystemLibrary<>(calls, () -> LastError.getLastError(runtime));
    }
}
