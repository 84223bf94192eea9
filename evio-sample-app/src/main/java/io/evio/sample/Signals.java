package io.evio.sample;

import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.Consumer;

/**
 * The two signals that ask a process to end: INT, which is Ctrl-C, and TERM.
 *
 * <p>The JDK's only way to them is {@code sun.misc.Signal} of its module {@code jdk.unsupported}, which all of 9 to 25
 * have. By reflection, because javac's warning about it cannot be switched off.
 */
final class Signals {

    private static final List<String> NAMES = List.of("INT", "TERM");

    private Signals() {}

    /**
     * Calls the action at each of them, on a daemon thread of its own, in place of the JVM's own exit.
     *
     * @param action gets the signal's name
     */
    static void handle(Consumer<String> action) throws ReflectiveOperationException {
        Class<?> handler = Class.forName("sun.misc.SignalHandler");
        set(Proxy.newProxyInstance(handler.getClassLoader(), new Class<?>[] {handler}, (proxy, method, args) -> {
            if (method.getDeclaringClass() == Object.class) {
                return method.invoke(action, args);
            }
            Object signal = args[0];
            action.accept((String) signal.getClass().getMethod("getName").invoke(signal));
            return null;
        }));
    }

    /** From here on each of them ends the process at once, as signal(7) says. */
    static void reset() throws ReflectiveOperationException {
        set(Class.forName("sun.misc.SignalHandler").getField("SIG_DFL").get(null));
    }

    private static void set(Object handler) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        for (String name : NAMES) {
            signal.getMethod("handle", signal, Class.forName("sun.misc.SignalHandler"))
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
        }
    }
}
