package io.evio;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Chooses where one outbound connection goes: {@link Connection#connect(TargetChooser, EvioHandler)}. Called on the
 * thread of the connection's loop, where it must not block.
 */
@FunctionalInterface
public interface TargetChooser {

    /**
     * Returns the target to try next. Called once before the first attempt, and again each time a target could not be
     * reached: refused, timed out, its name unknown, its handshake failed. Not called once the connection is open, nor
     * when it was ended meanwhile.
     *
     * @param failure why the last target could not be reached; null before the first attempt
     * @throws IOException when there is no other target: the {@link EvioHandler#closed} of the connection gets it
     */
    Target next(@Nullable IOException failure) throws IOException;

    /** Fires when the target that was returned last is connected, right before {@link EvioHandler#opened}. */
    default void opened(Connection connection) {}

    /**
     * Fires when the connection has ended, right before {@link EvioHandler#closed} or {@link EvioHandler#detached};
     * also when no target was reached.
     */
    default void ended(Connection connection) {}
}
