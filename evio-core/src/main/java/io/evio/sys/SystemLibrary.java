package io.evio.sys;

import java.util.function.IntSupplier;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;

/**
 * The C library as jnr-ffi binds it, loaded once a JVM.
 *
 * @param <L> the interface the functions were bound to
 * @param calls the bound functions
 * @param errno the calling thread's errno as saved by its last failed call; meaningful only right after a call
 *     returned -1
 */
public record SystemLibrary<L extends Libc>(L calls, IntSupplier errno) {

    /**
     * Binds the C library of a Linux system.
     *
     * @return the one instance of this JVM
     * @throws UnsupportedOperationException when jnr-ffi cannot be loaded or bound here; the message says why
     */
    public static SystemLibrary<LinuxLibc> linux() {
        try {
            return Linux.LIBRARY;
        } catch (LinkageError e) {
            // The first failure comes as ExceptionInInitializerError with the cause, later ones without it.
            throw new UnsupportedOperationException(
                    "The C library could not be bound through jnr-ffi: " + (e.getCause() == null ? e : e.getCause())
                            + ". Native access may be denied, or the temporary folder may be mounted noexec"
                            + " (set -Djffi.extract.dir to another folder).",
                    e);
        }
    }

    private static final class Linux {
        private static final SystemLibrary<LinuxLibc> LIBRARY = load(LinuxLibc.class);
    }

    private static <L extends Libc> SystemLibrary<L> load(Class<L> type) {
        L calls = LibraryLoader.create(type).failImmediately().load("c");
        Runtime runtime = Runtime.getRuntime(calls);
        return new SystemLibrary<>(calls, () -> LastError.getLastError(runtime));
    }
}
