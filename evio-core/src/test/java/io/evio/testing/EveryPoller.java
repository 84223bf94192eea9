package io.evio.testing;

import io.evio.internal.poll.Pollers;
import io.evio.internal.sys.SystemCallException;
import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs a test class once for each poller that works on this machine, whose name is its parameter, and in the
 * {@link PollerReport}.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ParameterizedClass(name = "{0}", quoteTextArguments = false)
@MethodSource("io.evio.testing.EveryPoller$Available#names")
public @interface EveryPoller {

    /** The pollers of this machine. */
    final class Available {

        private Available() {}

        /**
         * Those of {@link Pollers#NAMES} that open here; or the one that {@code -Dconformance.poller} names, which
         * must.
         */
        public static List<String> names() {
            String only = System.getProperty("conformance.poller");
            return only != null
                    ? List.of(only)
                    : Pollers.NAMES.stream().filter(Available::opens).toList();
        }

        private static boolean opens(String name) {
            try {
                Pollers.open(name).close();
                return true;
            } catch (UnsupportedOperationException e) {
                return false;
            } catch (SystemCallException e) {
                throw new IllegalStateException("Poller " + name + " does not open", e);
            }
        }
    }
}
